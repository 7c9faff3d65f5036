// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "metrics.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace vsl::command {
namespace {

constexpr std::uint64_t kCountedUs = 64 * 1024;

template <class... Arguments>
std::string print(const char* format, Arguments... arguments) {
  char line[256];
  std::snprintf(line, sizeof line, format, arguments...);
  return line;
}

unsigned long long wide(std::uint64_t value) { return value; }

std::int64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace

std::int64_t monotonic_ns() { return clock_ns(CLOCK_MONOTONIC); }

std::int64_t age_ns(const FrameInfo& info) {
  constexpr std::uint32_t kCapturedInRealtime = 1;
  if (info.times.captured_ns == 0) return 0;
  const bool realtime = (info.clocks & kCapturedInRealtime) != 0;
  return elapsed_ns(info.times.captured_ns, clock_ns(realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC));
}

LatencySamples::LatencySamples() : counts_(kCountedUs) {}

void LatencySamples::add(std::uint64_t latency_us) {
  if (latency_us < kCountedUs) {
    ++counts_[latency_us];
  } else {
    ++above_[latency_us];
  }
  min_us_ = count_ == 0 ? latency_us : std::min(min_us_, latency_us);
  max_us_ = std::max(max_us_, latency_us);
  sum_us_ += latency_us;
  ++count_;
}

void LatencySamples::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  above_.clear();
  count_ = sum_us_ = min_us_ = max_us_ = 0;
}

std::uint64_t LatencySamples::percentile_us(double percent) const {
  if (count_ == 0) return 0;
  const auto index =
      static_cast<std::uint64_t>(std::llround(percent / 100.0 * static_cast<double>(count_ - 1)));
  std::uint64_t seen = 0;
  for (std::uint64_t us = 0; us < kCountedUs; ++us) {
    seen += counts_[us];
    if (seen > index) return us;
  }
  for (const auto& [us, count] : above_) {
    seen += count;
    if (seen > index) return us;
  }
  return max_us_;
}

Metrics::Metrics(std::int64_t start_ns) : start_ns_(start_ns) {}

void Metrics::add_frame(std::uint64_t bytes, std::int64_t latency_ns) {
  bytes_ += bytes;
  latency_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(latency_ns, 0)) / 1000);
}

void Metrics::restart(std::int64_t start_ns) {
  start_ns_ = start_ns;
  bytes_ = drops_ = 0;
  latency_.clear();
}

double Metrics::seconds(std::int64_t now_ns) const {
  return static_cast<double>(now_ns - start_ns_) / 1e9;
}

double Metrics::rate_fps(std::int64_t now_ns) const {
  const double elapsed = seconds(now_ns);
  return elapsed > 0 ? static_cast<double>(frames()) / elapsed : 0.0;
}

nlohmann::ordered_json Metrics::to_json(std::int64_t now_ns) const {
  const double elapsed = seconds(now_ns);
  return {
      {"frames_processed", frames()},
      {"bytes_processed", bytes_},
      {"duration_ms", static_cast<std::uint64_t>((now_ns - start_ns_) / 1'000'000)},
      {"throughput_fps", rate_fps(now_ns)},
      {"bandwidth_mbps", elapsed > 0 ? static_cast<double>(bytes_) * 8 / (elapsed * 1e6) : 0.0},
      {"latency_min_us", latency_.min_us()},
      {"latency_max_us", latency_.max_us()},
      {"latency_avg_us", latency_.average_us()},
      {"latency_p50_us", latency_.percentile_us(50)},
      {"latency_p95_us", latency_.percentile_us(95)},
      {"latency_p99_us", latency_.percentile_us(99)},
      {"dropped_frames", drops_},
  };
}

std::string Metrics::to_text(std::int64_t now_ns) const {
  const double elapsed = seconds(now_ns), bytes = static_cast<double>(bytes_);
  std::string text = "\nPerformance Metrics\n";
  text += print("  Frames:      %llu\n", wide(frames()));
  text += print("  Bytes:       %llu (%.2f MB)\n", wide(bytes_), bytes / 1048576);
  text += print("  Duration:    %.2f s\n", elapsed);
  text += print("  Throughput:  %.2f fps\n", rate_fps(now_ns));
  text += print("  Bandwidth:   %.2f Mbps\n", elapsed > 0 ? bytes * 8 / (elapsed * 1e6) : 0.0);
  if (frames() > 0) {
    text += "  Latency (us):\n";
    text += print("    Min: %llu\n    Max: %llu\n    Avg: %llu\n", wide(latency_.min_us()),
                  wide(latency_.max_us()), wide(latency_.average_us()));
    for (const int percent : {50, 95, 99}) {
      text += print("    P%d: %llu\n", percent, wide(latency_.percentile_us(percent)));
    }
  }
  if (drops_ > 0) {
    const double share = static_cast<double>(drops_) / static_cast<double>(frames() + drops_);
    text += print("  Dropped:     %llu (%.2f%%)\n", wide(drops_), share * 100);
  }
  return text;
}

std::string Metrics::to_line(std::int64_t now_ns) const {
  return print("%8llu frames  %7.2f fps  latency p50 %llu us, p99 %llu us  dropped %llu",
               wide(frames()), rate_fps(now_ns), wide(latency_.percentile_us(50)),
               wide(latency_.percentile_us(99)), wide(drops_));
}

std::vector<std::string> Metrics::to_items(std::int64_t now_ns) const {
  return {print("%.1f fps", rate_fps(now_ns)),
          print("latency p50 %llu us, p99 %llu us", wide(latency_.percentile_us(50)),
                wide(latency_.percentile_us(99)))};
}

std::uint64_t SerialGaps::next(std::uint64_t serial) {
  const std::uint64_t missing = any_ && serial > previous_ + 1 ? serial - previous_ - 1 : 0;
  restarted_ = any_ && serial <= previous_;
  any_ = true;
  previous_ = serial;
  return missing;
}

}  // namespace vsl::command
