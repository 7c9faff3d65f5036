// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

namespace vsl::command {

/// Page faults of this process per frame. Thread-confined.
class FaultCounter {
 public:
  /// Frames at the start that a whole run leaves out: buffers are new to us then.
  static constexpr std::uint64_t kWarmUpFrames = 64;

  FaultCounter();
  void frame_done();
  /// Since the last call, and begins anew.
  double take_interval();
  /// Since the warm-up; 0 while that lasts.
  double steady() const;
  std::uint64_t steady_frames() const;

 private:
  std::uint64_t frames_ = 0, interval_frames_ = 0;
  std::uint64_t interval_start_, steady_start_ = 0, last_ = 0;
};

}  // namespace vsl::command
