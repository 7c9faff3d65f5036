// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace vsl::gst {

/// The slice that a streaming thread asks of the scheduler (Linux 6.12, SCHED_OTHER). A thread that
/// wakes up gets the CPU at once from one with a longer slice, and its share of the CPU stays what it
/// was. It matters where wakers and sleepers share a CPU: virtual machines wake a sleeper on its
/// waker's CPU even when another one is idle, and there it waits until the waker has slept.
class TimeSlice {
 public:
  /// Asks for `slice_ns` for the calling thread, the first time it is called there. Where the kernel
  /// knows no slices, where the thread runs by another policy or has a shorter one: does nothing.
  void shorten(std::int64_t slice_ns);
  /// Gives that thread back what it had, if it still is one of this process. Any thread, while none
  /// is in shorten().
  void restore();

 private:
  pid_t thread_ = 0;  ///< that was asked for; 0: none
  std::uint64_t before_ns_ = 0;  ///< 0: it was left as it was
};

}  // namespace vsl::gst
