// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "report.hpp"

#include <gst/gst.h>

#include <cstdarg>
#include <cstdio>

#include "bench/statistics.hpp"

namespace vsl::gst_bench {
namespace {

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  char text[256];
  va_list values;
  va_start(values, pattern);
  std::vsnprintf(text, sizeof text, pattern, values);
  va_end(values);
  return text;
}

std::string version() {
  gchar* text = gst_version_string();
  const std::string copy = text;
  g_free(text);
  return copy;
}

struct Column {
  const char* title;
  const char* figure;
  const char* before = nullptr;  ///< the figure it is a multiple of; nullptr: as it is
};

constexpr Column kSteady[] = {{"p50 us", "touched_p50_us"},
                              {"p99 us", "touched_p99_us"},
                              {"producer us", "producer_cpu_us"},
                              {"consumer us", "consumer_cpu_us"}};
constexpr Column kFrozen[] = {{"producer fps", "frozen_producer_fps", "producer_fps"},
                              {"others fps", "frozen_consumer_fps", "consumer_fps"},
                              {"others p50", "frozen_touched_p50_us", "touched_p50_us"},
                              {"others p99", "frozen_touched_p99_us", "touched_p99_us"},
                              {"gap ms", "frozen_producer_gap_ms"},
                              {"memory", "frozen_producer_memory_mb", "producer_memory_mb"},
                              {"MB", "frozen_producer_memory_mb"}};

/// Ours as a multiple of the best of a kind; 0 where there is none.
double against(Kind kind, const Scenario& scenario, const std::string& figure) {
  double best = 0;
  for (const Measured& measured : scenario.measured) {
    const bool counts = measured.transport->kind == kind && measured.failed.empty();
    const double value = counts ? measured.median(figure) : 0;
    if (value > 0 && (best == 0 || value < best)) best = value;
  }
  return bench::ratio(scenario.measured.front().median(figure), best);
}

double value_of(const Measured& measured, const Column& column) {
  if (column.before == nullptr) return measured.median(column.figure);
  std::vector<double> ratios;
  for (const Figures& figures : measured.runs) {
    const auto after = figures.find(column.figure), before = figures.find(column.before);
    if (after == figures.end() || before == figures.end()) continue;
    ratios.push_back(bench::ratio(after->second, before->second));
  }
  return bench::median(ratios);
}

template <std::size_t N>
std::string rows_of(const Scenario& scenario, const Column (&columns)[N]) {
  std::string text = format("%-20s", scenario.name.c_str());
  for (const Column& column : columns) text += format(" %12s", column.title);
  text += "\n";
  for (const Measured& measured : scenario.measured) {
    text += format("  %-18s", measured.transport->name);
    if (!measured.failed.empty()) {
      text += " failed: " + measured.failed + "\n";
      continue;
    }
    for (const Column& column : columns) {
      const double value = value_of(measured, column);
      text += value == 0 && measured.transport->kind == Kind::nobody
                  ? format(" %12s", "-")
                  : format(column.before != nullptr ? " %11.2fx" : " %12.1f", value);
    }
    text += "\n";
  }
  return text;
}

std::string ratio_row(const char* title, Kind kind, const Scenario& scenario) {
  std::string text = format("  %-18s", title);
  for (const Column& column : kSteady) {
    text += format(" %11.2fx", against(kind, scenario, column.figure));
  }
  return text + "\n";
}

std::vector<Scenario> scenarios() {
  return {
      {"1 consumer", 1, false, {}}, {"4 consumers", 4, false, {}}, {"1 of 4 frozen", 4, true, {}}};
}

/// Whether a run of it says anything: on the floor nobody waits for readers, frozen or not.
bool fits(const Transport& transport, const Scenario& scenario) {
  if (transport.kind == Kind::floor) return !scenario.freeze;
  return transport.kind != Kind::nobody || (!scenario.freeze && scenario.clients == 1);
}

Result<void> measure_once(const Transport& transport, const Plan& plan, Scenario& scenario,
                          Measured& measured) {
  RunOptions options = plan.options;
  options.clients = scenario.clients;
  options.freeze = scenario.freeze;
  auto figures = run(transport, options);
  if (figures) {
    measured.runs.push_back(std::move(*figures));
  } else if (transport.kind == Kind::ours) {
    return std::move(figures).error();
  } else {
    measured.failed = figures.error().message();
  }
  return {};
}

}  // namespace

double Measured::median(const std::string& figure) const {
  std::vector<double> values;
  for (const Figures& figures : runs) {
    if (const auto found = figures.find(figure); found != figures.end()) {
      values.push_back(found->second);
    }
  }
  return bench::median(values);
}

Result<Report> measure_all(const Plan& plan) {
  Report report{.plan = plan, .missing = {}, .scenarios = scenarios()};
  std::vector<const Transport*> installed;
  for (const Transport& transport : transports()) {
    if (is_installed(transport)) {
      installed.push_back(&transport);
    } else if (transport.kind == Kind::ours) {
      return Error::of(std::errc::no_such_file_or_directory,
                       "find vslsink: set GST_PLUGIN_PATH to where libgstvideostream.so lies");
    } else {
      report.missing.emplace_back(transport.name);
    }
  }
  for (Scenario& scenario : report.scenarios) {
    std::vector<const Transport*> fitting;
    for (const Transport* transport : installed) {
      if (!fits(*transport, scenario)) continue;
      fitting.push_back(transport);
      scenario.measured.push_back({transport, {}, {}});
    }
    for (int turn = 0; turn < plan.runs; ++turn) {
      for (std::size_t i = 0; i < fitting.size(); ++i) {
        VSL_CHECK(measure_once(*fitting[i], plan, scenario, scenario.measured[i]));
      }
    }
  }
  return report;
}

nlohmann::json json_of(const Report& report) {
  const Picture& picture = report.plan.options.picture;
  nlohmann::json document = {{"gstreamer", version()},
                             {"width_px", picture.width_px},
                             {"height_px", picture.height_px},
                             {"rate_fps", picture.rate_fps},
                             {"seconds", report.plan.options.seconds},
                             {"missing", report.missing},
                             {"scenarios", nlohmann::json::array()}};
  for (const Scenario& scenario : report.scenarios) {
    nlohmann::json entry = {{"name", scenario.name},
                            {"clients", scenario.clients},
                            {"frozen", scenario.freeze},
                            {"transports", nlohmann::json::object()}};
    for (const Measured& measured : scenario.measured) {
      nlohmann::json medians = nlohmann::json::object();
      for (const auto& [figure, value] : measured.runs.empty() ? Figures{} : measured.runs[0]) {
        medians[figure] = measured.median(figure);
      }
      entry["transports"][measured.transport->name] = {
          {"runs", measured.runs}, {"median", medians}, {"failed", measured.failed}};
    }
    for (const Column& column : kSteady) {
      entry["ours_to_best_peer"][column.figure] = against(Kind::peer, scenario, column.figure);
      entry["ours_to_floor"][column.figure] = against(Kind::floor, scenario, column.figure);
    }
    document["scenarios"].push_back(std::move(entry));
  }
  return document;
}

std::string table_of(const Report& report) {
  const Picture& picture = report.plan.options.picture;
  std::string text = format("%s, %dx%d NV12 at %d fps, %d runs of %.1f s each by turns, medians\n",
                            version().c_str(), picture.width_px, picture.height_px,
                            picture.rate_fps, report.plan.runs, report.plan.options.seconds);
  for (const std::string& name : report.missing) {
    text += format("%ssink and %ssrc are not in this GStreamer\n", name.c_str(), name.c_str());
  }
  for (const Scenario& scenario : report.scenarios) {
    text += "\n";
    text += scenario.freeze ? rows_of(scenario, kFrozen) : rows_of(scenario, kSteady);
    if (scenario.freeze) continue;
    text += ratio_row("ours / best peer", Kind::peer, scenario);
    text += ratio_row("ours / floor", Kind::floor, scenario);
  }
  return text +
         "\nLatency from the sink's pad to the last page touched behind the source's pad. CPU time "
         "of a process per frame;\nfloor: memory written, a futex, memory touched, without "
         "GStreamer; none: videotestsrc into fakesink.\nFrozen: x is a multiple of the same run "
         "before; memory is the producer's.\n";
}

}  // namespace vsl::gst_bench
