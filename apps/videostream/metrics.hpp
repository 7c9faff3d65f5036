// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "videostream/frame_info.hpp"

namespace vsl::command {

std::int64_t monotonic_ns();

/// From one time to another. What peers call a time may be any number: the difference of two of
/// them is as large as there are numbers for.
inline std::int64_t elapsed_ns(std::int64_t from_ns, std::int64_t to_ns) {
  std::int64_t elapsed = 0;
  if (!__builtin_sub_overflow(to_ns, from_ns, &elapsed)) return elapsed;
  return to_ns > from_ns ? INT64_MAX : INT64_MIN;
}

/// From the capture of a frame until now, by the clock its capture time is of; 0 when that is not
/// known.
std::int64_t age_ns(const FrameInfo& info);

/// Latencies in whole µs with exact percentiles, in memory that does not grow with time: a count
/// per µs up to 64 ms, and a map for the few above.
class LatencySamples {
 public:
  LatencySamples();
  void add(std::uint64_t latency_us);
  void clear();

  std::uint64_t count() const { return count_; }
  std::uint64_t min_us() const { return count_ == 0 ? 0 : min_us_; }
  std::uint64_t max_us() const { return max_us_; }
  std::uint64_t average_us() const { return count_ == 0 ? 0 : sum_us_ / count_; }
  /// The sample at index round(percent/100 × (n−1)) of all, sorted; 0 when there is none.
  std::uint64_t percentile_us(double percent) const;

 private:
  std::vector<std::uint32_t> counts_;
  std::map<std::uint64_t, std::uint64_t> above_;
  std::uint64_t count_ = 0, sum_us_ = 0, min_us_ = 0, max_us_ = 0;
};

/// What `stream` and `receive` print about a run, or about one interval of it.
class Metrics {
 public:
  explicit Metrics(std::int64_t start_ns);

  /// `latency_ns` below 0 counts as 0.
  void add_frame(std::uint64_t bytes, std::int64_t latency_ns);
  void add_drops(std::uint64_t frames) { drops_ += frames; }
  /// Forgets everything: the next interval begins.
  void restart(std::int64_t start_ns);

  std::uint64_t frames() const { return latency_.count(); }
  std::uint64_t drops() const { return drops_; }
  /// The documented fields in their order; more may be put behind them.
  nlohmann::ordered_json to_json(std::int64_t now_ns) const;
  std::string to_text(std::int64_t now_ns) const;
  /// One line for a terminal or a log.
  std::string to_line(std::int64_t now_ns) const;
  /// Rate and latency for a status line, the rate first.
  std::vector<std::string> to_items(std::int64_t now_ns) const;

 private:
  double seconds(std::int64_t now_ns) const;
  double rate_fps(std::int64_t now_ns) const;

  std::int64_t start_ns_;
  std::uint64_t bytes_ = 0, drops_ = 0;
  LatencySamples latency_;
};

/// Drops as the serials of received frames tell them.
class SerialGaps {
 public:
  /// Frames missing before `serial`; 0 for the first, and when the numbers start again.
  std::uint64_t next(std::uint64_t serial);
  bool restarted() const { return restarted_; }

 private:
  std::uint64_t previous_ = 0;
  bool any_ = false, restarted_ = false;
};

}  // namespace vsl::command
