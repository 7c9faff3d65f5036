// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include "meter.hpp"

namespace vsl::gst_bench {

/// What each process of a run has: a meter, and a main loop that obeys signals. It prints "ready"
/// once buffers flow and a line of JSON about what has happened since at every SIGUSR1; SIGTERM
/// ends it.
class Station {
 public:
  explicit Station(Side side);
  ~Station();
  Station(const Station&) = delete;
  Station& operator=(const Station&) = delete;

  /// For each buffer, on the streaming thread. `buffer` may be replaced by a writable one.
  void pass(GstBuffer*& buffer);
  /// Returns when somebody ended it, the exit code.
  int run();
  /// Any thread.
  void end(int exit_code);

 private:
  Meter meter_;
  GMainLoop* const loop_;
  int exit_code_ = 0;
};

}  // namespace vsl::gst_bench
