// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstdio>
#include <nlohmann/json.hpp>

#include "camera_run.hpp"
#include "report.hpp"
#include "statistics.hpp"

namespace vsl::bench {
namespace {

using nlohmann::ordered_json;

constexpr double kNsPerUs = 1000;

struct Percentiles {
  double p50_us, p95_us, p99_us, max_us;
};

Percentiles percentiles_of(const std::vector<std::int64_t>& spans_ns) {
  const auto at = [&](double share) { return percentile(spans_ns, share) / kNsPerUs; };
  return {at(0.5), at(0.95), at(0.99), at(1)};
}

ordered_json to_json(const std::vector<std::int64_t>& spans_ns) {
  const Percentiles p = percentiles_of(spans_ns);
  return {{"p50", p.p50_us}, {"p95", p.p95_us}, {"p99", p.p99_us}, {"max", p.max_us}};
}

double delivered_share(const CameraResult& result) {
  return ratio(static_cast<double>(result.received),
               static_cast<double>(result.published * result.clients));
}

ordered_json to_json(const CameraResult& result) {
  return {{"clients", result.clients},
          {"frames", result.published},
          {"delivered_share", delivered_share(result)},
          {"capture_to_post_us", to_json(result.spans.to_post)},
          {"post_to_consumer_us", to_json(result.spans.on_the_bus)},
          {"capture_to_consumer_us", to_json(result.spans.to_consumer)},
          {"copies", result.stats.copies},
          {"driver_dropped", result.stats.driver_dropped},
          {"damaged", result.stats.damaged},
          {"starved", result.stats.starved}};
}

std::string to_row(const char* name, const std::vector<std::int64_t>& spans_ns) {
  const Percentiles p = percentiles_of(spans_ns);
  char line[128];
  std::snprintf(line, sizeof line, "  %-22s %10.1f %10.1f %10.1f %10.1f\n", name, p.p50_us,
                p.p95_us, p.p99_us, p.max_us);
  return line;
}

}  // namespace

std::string to_text(const CameraReport& report) {
  std::string text = report.device + ": " + command::describe(report.format) + "\n";
  for (const CameraResult& result : report.results) {
    char line[256];
    std::snprintf(
        line, sizeof line,
        "\n%u clients, %llu frames, %.2f %% delivered; copies %llu, dropped by the driver "
        "%llu\n  %-22s %10s %10s %10s %10s\n",
        result.clients, static_cast<unsigned long long>(result.published),
        100 * delivered_share(result), static_cast<unsigned long long>(result.stats.copies),
        static_cast<unsigned long long>(result.stats.driver_dropped), "us", "p50", "p95", "p99",
        "max");
    text += line;
    text += to_row("capture -> post", result.spans.to_post);
    text += to_row("post -> consumer", result.spans.on_the_bus);
    text += to_row("capture -> consumer", result.spans.to_consumer);
  }
  return report.results.empty() ? text + "interrupted before a run had ended\n" : text;
}

std::string to_json(const CameraReport& report) {
  ordered_json results = ordered_json::array();
  for (const CameraResult& result : report.results) results.push_back(to_json(result));
  const ordered_json document = {
      {"machine", machine_json()},
      {"device", report.device},
      {"camera",
       {{"format", report.format.pixel_format.to_string()},
        {"width_px", report.format.layout.width_px},
        {"height_px", report.format.layout.height_px},
        {"fps", ratio(report.format.interval.denominator, report.format.interval.numerator)},
        {"planes", report.format.layout.plane_count},
        {"fds_per_frame", report.format.layout.buffer_count},
        {"memory", command::name_of(report.format.memory)},
        {"buffers", report.format.buffers}}},
      {"results", results}};
  return document.dump(2);
}

}  // namespace vsl::bench
