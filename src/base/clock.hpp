// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <time.h>

#include <cstdint>

namespace vsl {

inline std::int64_t clock_ns(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// CLOCK_MONOTONIC in ns: the time base of the bus.
inline std::int64_t monotonic_ns() noexcept { return clock_ns(CLOCK_MONOTONIC); }

inline timespec to_timespec(std::int64_t ns) noexcept {
  if (ns < 0) ns = 0;
  return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

/// How long ago `then_ns` was; 0 for the future. Any stamp of a peer may be asked about.
inline std::int64_t age_ns(std::int64_t then_ns, std::int64_t now_ns) noexcept {
  std::int64_t age = 0;
  if (then_ns > now_ns) return 0;
  return __builtin_sub_overflow(now_ns, then_ns, &age) ? INT64_MAX : age;
}

/// now + ns, without overflow for "for ever".
inline std::int64_t deadline_after(std::int64_t now_ns, std::int64_t ns) noexcept {
  return ns < 0 || ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + ns;
}

}  // namespace vsl
