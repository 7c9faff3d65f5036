// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "run.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/statistics.hpp"
#include "child_process.hpp"

namespace vsl::gst_bench {
namespace {

using command::ChildProcess;
using nlohmann::json;
using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(60);  // ends what is stuck
constexpr double kSettleSeconds = 1;

void pause(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

/// The next line of a process.
Result<std::string> line_of(ChildProcess& child, const std::string& what) {
  const auto deadline = steady_clock::now() + kPatience;
  while (steady_clock::now() < deadline) {
    const bool ended = child.exit_code().has_value();  // before the look: then it is the last one
    for (std::string& line : child.read_lines()) return std::move(line);
    if (ended) return Error::of(std::errc::no_such_process, "measure " + what + ", which ended");
    pollfd entry{child.output_fd(), POLLIN, 0};
    (void)::poll(&entry, 1, 20);
  }
  return Error::of(std::errc::timed_out, "wait for " + what);
}

/// A producer and its consumers. What a phase of each was like is a JSON object.
class Crew {
 public:
  static Result<Crew> start(const Transport& transport, const RunOptions& options) {
    static int count = 0;
    Crew crew;
    crew.path_ = "/tmp/vsl-gst-bench-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
    VSL_CHECK(crew.add("--producer", producer_text(transport, options.picture, crew.path_)));
    const int consumers = transport.kind != Kind::nobody ? options.clients : 0;
    for (int i = 0; i < consumers; ++i) {
      VSL_CHECK(crew.add("--consumer", consumer_text(transport, options.picture, crew.path_)));
    }
    return crew;
  }
  Crew(Crew&&) = default;
  ~Crew() {
    if (processes_.empty()) return;  // moved from
    // Consumers first, and at once: their end is not what is measured.
    while (processes_.size() > 1) processes_.pop_back();
    processes_[0].stop(kPatienceMs);
    ::unlink(path_.c_str());
  }

  /// Ends a phase and begins the next one; the producer's comes first. Frozen ones are not asked.
  Result<std::vector<json>> end_phase() {
    const auto asked = [&](std::size_t i) { return !has_frozen_ || i != 1; };
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (asked(i)) processes_[i].signal(SIGUSR1);
    }
    std::vector<json> phases;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (!asked(i)) continue;
      VSL_TRY(const std::string line, line_of(processes_[i], i == 0 ? "a producer" : "a consumer"));
      phases.push_back(json::parse(line, nullptr, false));
      if (phases.back().is_discarded()) return Error::of(std::errc::protocol_error, "read " + line);
    }
    return phases;
  }
  /// The first consumer does nothing from here on.
  void freeze_one() {
    processes_[1].signal(SIGSTOP);
    has_frozen_ = true;
  }

 private:
  static constexpr int kPatienceMs = 5000;
  Crew() = default;

  Result<void> add(const char* role, const std::string& text) {
    VSL_TRY(ChildProcess child, ChildProcess::start_self({role, text}));
    processes_.push_back(std::move(child));
    VSL_TRY(const std::string line, line_of(processes_.back(), text));
    if (line == "ready") return {};
    return Error::of(std::errc::protocol_error, "start " + text + ": " + line);
  }

  std::vector<ChildProcess> processes_;  // the producer, then the consumers
  std::string path_;
  bool has_frozen_ = false;
};

std::vector<std::int64_t> samples(const std::vector<json>& phases, const char* name) {
  std::vector<std::int64_t> all;
  for (const json& phase : phases) {
    const auto some = phase[name].get<std::vector<std::int64_t>>();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

double number(const json& phase, const char* name) { return phase[name].get<double>(); }
double rate(const json& phase) {
  return bench::ratio(number(phase, "frames") * 1e9, number(phase, "elapsed_ns"));
}
double cpu_us(const json& phase) {
  return bench::ratio(number(phase, "cpu_ns") / 1e3, number(phase, "frames"));
}

Figures figures_of(const std::vector<json>& phases) {
  const json& producer = phases[0];
  const std::vector<json> consumers(phases.begin() + 1, phases.end());
  Figures figures = {{"producer_fps", rate(producer)},
                     {"producer_cpu_us", cpu_us(producer)},
                     {"producer_gap_ms", number(producer, "longest_gap_ns") / 1e6},
                     {"producer_memory_mb", number(producer, "memory_bytes") / 1e6}};
  if (consumers.empty()) return figures;
  std::vector<double> cpu, fps, gaps;
  for (const json& phase : consumers) {
    cpu.push_back(cpu_us(phase));
    fps.push_back(rate(phase));
    gaps.push_back(number(phase, "longest_gap_ns") / 1e6);
  }
  figures["consumer_cpu_us"] = bench::median(cpu);
  figures["consumer_fps"] = *std::min_element(fps.begin(), fps.end());
  figures["consumer_gap_ms"] = *std::max_element(gaps.begin(), gaps.end());
  for (const char* name : {"seen", "touched"}) {
    const auto all = samples(consumers, (std::string(name) + "_ns").c_str());
    figures[std::string(name) + "_p50_us"] = bench::percentile(all, 0.5) / 1e3;
    figures[std::string(name) + "_p99_us"] = bench::percentile(all, 0.99) / 1e3;
  }
  return figures;
}

}  // namespace

Result<Figures> run(const Transport& transport, const RunOptions& options) {
  VSL_TRY(Crew crew, Crew::start(transport, options));
  pause(kSettleSeconds);
  VSL_CHECK(crew.end_phase());
  pause(options.seconds);
  VSL_TRY(const auto steady, crew.end_phase());
  Figures figures = figures_of(steady);
  if (!options.freeze) return figures;
  crew.freeze_one();
  pause(options.seconds);
  VSL_TRY(const auto frozen, crew.end_phase());
  for (const auto& [name, value] : figures_of(frozen)) figures["frozen_" + name] = value;
  return figures;
}

}  // namespace vsl::gst_bench
