// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "command.hpp"
#include "fault_counter.hpp"
#include "metrics.hpp"
#include "status_line.hpp"

namespace vsl::command {

struct ReportOptions {
  bool metrics = false;   ///< print at the end; `--json` implies it
  double interval_s = 0;  ///< print a record every so many seconds; 0 = not
};

enum class Record { interval, whole_run };

/// The two fields about page faults that records of both commands have.
void add_faults(nlohmann::ordered_json& record, FaultCounter& faults, Record kind);

/// Metrics of a run and of its current interval, and when which of them are printed where.
class Reporter {
 public:
  /// Adds what a command knows beyond the documented fields, behind them.
  using Extra = std::function<void(nlohmann::ordered_json&, Record)>;

  Reporter(const Globals& globals, const ReportOptions& options, Extra extra);

  void add_frame(std::uint64_t bytes, std::int64_t latency_ns);
  void add_drops(std::uint64_t frames);
  std::uint64_t frames() const { return total_.frames(); }
  /// Call often: prints the interval's record, or a progress line on a terminal, when it is time.
  /// Asks the run to end when nobody reads the records any more.
  void tick();
  /// The last word of a run.
  void finish();

 private:
  void print_interval(std::int64_t now_ns);
  void show_progress(std::int64_t now_ns);
  void print_record(Record kind, std::int64_t now_ns, int indent) const;

  const Globals& globals_;
  ReportOptions options_;
  Extra extra_;
  std::unique_ptr<StatusLine> progress_;
  Metrics total_, interval_;
  std::int64_t next_interval_ns_;
};

}  // namespace vsl::command
