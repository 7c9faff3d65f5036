// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "command.hpp"

namespace vsl::command {

/// Sleeps until absolute times, so that a slow frame does not move the ones after it.
class Pacer {
 public:
  Pacer();
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  /// Until `time_ns` (CLOCK_MONOTONIC) or a stop is asked for; returns whether one was.
  bool sleep_until(std::int64_t time_ns, const StopSignal& stop) const;

 private:
  int timer_fd_;
};

}  // namespace vsl::command
