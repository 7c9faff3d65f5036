// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "time_map.hpp"

#include <time.h>

#include "ref.hpp"

namespace vsl::gst {

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

std::int64_t ClockMap::offset_of(GstClock* clock) {
  if (clock != known_) {
    known_ = clock;
    is_monotonic_ = false;
    // Clocks of audio devices and networks are derived from it and read something else.
    if (GST_IS_SYSTEM_CLOCK(clock)) {
      GstClockType type = GST_CLOCK_TYPE_OTHER;
      g_object_get(clock, "clock-type", &type, nullptr);
      const std::int64_t apart =
          monotonic_ns() - static_cast<std::int64_t>(gst_clock_get_time(clock));
      constexpr std::int64_t kSame = 1'000'000'000;  // a slow moment between the two readings
      is_monotonic_ = type == GST_CLOCK_TYPE_MONOTONIC && apart < kSame && apart > -kSame;
    }
  }
  if (is_monotonic_) return 0;
  // The middle of two readings around the clock's.
  const std::int64_t before_ns = monotonic_ns();
  const auto clock_ns = static_cast<std::int64_t>(gst_clock_get_time(clock));
  return before_ns + (monotonic_ns() - before_ns) / 2 - clock_ns;
}

std::int64_t ClockMap::to_monotonic(GstElement* element, GstClockTime running_time) {
  const Ref<GstClock> clock(gst_element_get_clock(element));
  if (clock == nullptr || !GST_CLOCK_TIME_IS_VALID(running_time)) return 0;
  return static_cast<std::int64_t>(gst_element_get_base_time(element) + running_time) +
         offset_of(clock.get());
}

std::optional<std::int64_t> ClockMap::to_running(GstElement* element, std::int64_t at_ns) {
  const Ref<GstClock> clock(gst_element_get_clock(element));
  if (clock == nullptr) return {};
  return at_ns - offset_of(clock.get()) -
         static_cast<std::int64_t>(gst_element_get_base_time(element));
}

GstCaps* monotonic_stamp_caps() {
  static GstCaps* const caps = [] {
    GstCaps* made = gst_caps_new_empty_simple("timestamp/x-vsl-monotonic");
    GST_MINI_OBJECT_FLAG_SET(made, GST_MINI_OBJECT_FLAG_MAY_BE_LEAKED);  // one for the process
    return made;
  }();
  return caps;
}

}  // namespace vsl::gst
