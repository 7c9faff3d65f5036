// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "pacer.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include "metrics.hpp"

namespace vsl::command {

Pacer::Pacer() : timer_fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {}
Pacer::~Pacer() {
  if (timer_fd_ >= 0) ::close(timer_fd_);
}

bool Pacer::sleep_until(std::int64_t time_ns, const StopSignal& stop) const {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  if (time_ns > monotonic_ns()) {
    const itimerspec when{{}, {time_ns / kSecondNs, time_ns % kSecondNs}};
    ::timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &when, nullptr);
  }
  while (!stop.requested() && monotonic_ns() < time_ns) stop.wait_readable(timer_fd_, -1);
  return stop.requested();
}

}  // namespace vsl::command
