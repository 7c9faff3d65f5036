// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "reporter.hpp"

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "display_text.hpp"
#include "json_output.hpp"

namespace vsl::command {
namespace {

std::int64_t ns_of(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

std::string clients_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " client" : " clients");
}

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
      progress_(std::make_unique<StatusLine>(globals.quiet)),
      total_(monotonic_ns()),
      interval_(monotonic_ns()),
      next_interval_ns_(monotonic_ns() + ns_of(options.interval_s)) {}

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

void Reporter::print_interval(std::int64_t now_ns) {
  progress_->clear();
  errno = 0;
  if (globals_.json) {
    print_record(Record::interval, now_ns, -1);
  } else {
    std::printf("%s\n", interval_.to_line(now_ns).c_str());
  }
  const bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (lost && errno == EPIPE) request_stop();
  next_interval_ns_ += ns_of(options_.interval_s);
}

// The whole run, at the pace of now. What commands add to their records is known by its name there.
void Reporter::show_progress(std::int64_t now_ns) {
  nlohmann::ordered_json more = nlohmann::ordered_json::object();
  extra_(more, Record::whole_run);
  std::vector<std::string> items{clock_text(progress_->elapsed_ns()),
                                 std::to_string(total_.frames()) + " frames"};
  const std::vector<std::string> pace = interval_.to_items(now_ns);
  items.push_back(pace.front());
  if (more.contains("bytes_out")) items.push_back(bytes_text(more["bytes_out"]));
  if (more.contains("clients")) items.push_back(clients_text(more["clients"]));
  if (total_.drops() > 0) items.push_back(std::to_string(total_.drops()) + " dropped");
  items.insert(items.end(), pace.begin() + 1, pace.end());
  progress_->show(items);
}

void Reporter::tick() {
  const std::int64_t now_ns = monotonic_ns();
  const bool interval_over = options_.interval_s > 0 && now_ns >= next_interval_ns_;
  const bool progress_due = progress_->is_due();
  if (progress_due) show_progress(now_ns);
  if (interval_over) print_interval(now_ns);
  if (interval_over || (progress_due && options_.interval_s == 0)) interval_.restart(now_ns);
}

void Reporter::finish() {
  progress_->clear();
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
