// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "values.hpp"
#include "videostream/frame_info.hpp"

namespace vsl::command {

/// Puts the frames of a source on one line of time that only goes forward, whatever their stamps
/// do: those of a producer count from anywhere, stand still, or begin again when it is restarted.
class Timeline {
 public:
  explicit Timeline(FrameRate rate) : rate_(rate) {}

  struct Times {
    std::int64_t pts_ns = 0, dts_ns = 0;  ///< dts_ns grows from frame to frame, the first is 0
  };
  /// `now_ns`: CLOCK_MONOTONIC when the frame came. Frames in decoding order.
  Times place(const FrameInfo& info, std::int64_t now_ns);
  /// The stamps that come now have nothing to do with those before: another producer.
  void restarted() { joint_ = true; }

 private:
  FrameRate rate_;
  std::int64_t stamp_ns_ = 0, arrival_ns_ = 0, dts_ns_ = 0;  // of the frame before
  int kind_ = 0;  // which of a frame's stamps stamp_ns_ is
  bool any_ = false, joint_ = false;
};

}  // namespace vsl::command
