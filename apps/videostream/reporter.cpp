// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "reporter.hpp"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "json_output.hpp"

namespace vsl::command {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

std::int64_t ns_of(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

}  // namespace

void add_faults(nlohmann::ordered_json& record, FaultCounter& faults, Record kind) {
  record["steady_frames"] = faults.steady_frames();
  record["page_faults_per_frame"] =
      kind == Record::interval ? faults.take_interval() : faults.steady();
}

Reporter::Reporter(const Globals& globals, const ReportOptions& options, Extra extra)
    : globals_(globals),
      options_(options),
      extra_(std::move(extra)),
      progress_(!globals.quiet && ::isatty(STDERR_FILENO) == 1),
      total_(monotonic_ns()),
      interval_(monotonic_ns()),
      next_interval_ns_(monotonic_ns() + ns_of(options.interval_s)),
      next_progress_ns_(monotonic_ns() + kSecondNs) {}

void Reporter::add_frame(std::uint64_t bytes, std::int64_t latency_ns) {
  total_.add_frame(bytes, latency_ns);
  interval_.add_frame(bytes, latency_ns);
}

void Reporter::add_drops(std::uint64_t frames) {
  total_.add_drops(frames);
  interval_.add_drops(frames);
}

void Reporter::print_record(Record kind, std::int64_t now_ns, int indent) const {
  nlohmann::ordered_json record = (kind == Record::interval ? interval_ : total_).to_json(now_ns);
  extra_(record, kind);
  print_json(record, indent);
}

void Reporter::tick() {
  const std::int64_t now_ns = monotonic_ns();
  const bool interval_over = options_.interval_s > 0 && now_ns >= next_interval_ns_;
  if (interval_over) {
    if (globals_.json) {
      print_record(Record::interval, now_ns, -1);
    } else {
      std::printf("%s\n", interval_.to_line(now_ns).c_str());
      std::fflush(stdout);
    }
    next_interval_ns_ += ns_of(options_.interval_s);
  }
  if (progress_ && now_ns >= next_progress_ns_) {
    std::fprintf(stderr, "\r\033[K%s", interval_.to_line(now_ns).c_str());
    next_progress_ns_ = now_ns + kSecondNs;
    if (options_.interval_s == 0) interval_.restart(now_ns);
  }
  if (interval_over) interval_.restart(now_ns);
}

void Reporter::finish() {
  if (progress_) std::fputs("\r\033[K", stderr);
  const std::int64_t now_ns = monotonic_ns();
  if (globals_.json) {
    // With intervals every record is one line; alone it is for people too.
    print_record(Record::whole_run, now_ns, options_.interval_s > 0 ? -1 : 2);
  } else if (options_.metrics) {
    std::fputs(total_.to_text(now_ns).c_str(), stdout);
    std::fflush(stdout);
  }
}

}  // namespace vsl::command
