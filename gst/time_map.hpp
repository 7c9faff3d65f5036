// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>

namespace vsl::gst {

std::int64_t monotonic_ns();

/// Times of a pipeline and CLOCK_MONOTONIC, which all processes of a machine share.
/// Thread-confined.
class ClockMap {
 public:
  /// The monotonic time at which a pipeline's running time is or was; 0 = it has no clock yet.
  std::int64_t to_monotonic(GstElement* element, GstClockTime running_time);
  /// The running time of a monotonic time, negative before the pipeline's start; nothing without a
  /// clock.
  std::optional<std::int64_t> to_running(GstElement* element, std::int64_t at_ns);

 private:
  /// What to add to the clock's time to get the monotonic one.
  std::int64_t offset_of(GstClock* clock);

  const GstClock* known_ = nullptr;  ///< compared, never used
  bool is_monotonic_ = false;
};

/// "timestamp/x-vsl-monotonic": when the picture was captured, on CLOCK_MONOTONIC.
GstCaps* monotonic_stamp_caps();

}  // namespace vsl::gst
