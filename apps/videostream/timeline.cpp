// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "timeline.hpp"

#include <algorithm>
#include <utility>

#include "metrics.hpp"

namespace vsl::command {
namespace {

// Further apart than that, beyond the time that really passed, no two frames of one source are.
constexpr std::int64_t kLongestLeapNs = 10'000'000'000;

struct Stamp {
  std::int64_t time_ns = 0;
  int kind = 0;
};

Stamp stamp_of(const FrameInfo& info, std::int64_t now_ns) {
  constexpr std::uint32_t kCapturedInRealtime = 1;
  const FrameTimes& times = info.times;
  if (times.dts_ns >= 0 && times.pts_ns >= 0) return {times.dts_ns, 1};
  if (times.pts_ns >= 0) return {times.pts_ns, 2};
  const bool realtime = (info.clocks & kCapturedInRealtime) != 0;
  if (times.captured_ns > 0) return {times.captured_ns, realtime ? 3 : 4};
  if (times.published_ns > 0) return {times.published_ns, 5};
  return {now_ns, 6};
}

/// How long after its decoding a frame is shown.
std::int64_t delay_of(const FrameTimes& times) {
  if (times.dts_ns < 0 || times.pts_ns < 0) return 0;
  return std::clamp<std::int64_t>(elapsed_ns(times.dts_ns, times.pts_ns), 0, kLongestLeapNs);
}

}  // namespace

Timeline::Times Timeline::place(const FrameInfo& info, std::int64_t now_ns) {
  const Stamp stamp = stamp_of(info, now_ns);
  const std::int64_t waited_ns = std::max<std::int64_t>(0, elapsed_ns(arrival_ns_, now_ns));
  std::int64_t step_ns = elapsed_ns(stamp_ns_, stamp.time_ns);
  const bool joint = std::exchange(joint_, false) || stamp.kind != kind_;
  const std::int64_t regular_ns = std::max<std::int64_t>(1, rate_.due_ns(1));
  if (joint) {
    step_ns = std::max(regular_ns, waited_ns);
  } else if (step_ns <= 0 || step_ns > kLongestLeapNs + waited_ns) {
    step_ns = regular_ns;
  }
  if (std::exchange(any_, true)) dts_ns_ += step_ns;
  stamp_ns_ = stamp.time_ns;
  kind_ = stamp.kind;
  arrival_ns_ = now_ns;
  return {dts_ns_ + delay_of(info.times), dts_ns_};
}

}  // namespace vsl::command
