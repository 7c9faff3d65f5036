// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.hpp"

namespace vsl {

[[gnu::hot]] int futex_wait_until(const ShmAtomic<std::uint32_t>& word, std::uint32_t expected,
                                  std::int64_t deadline_ns) noexcept {
  const timespec deadline = to_timespec(deadline_ns);
  const timespec* until = deadline_ns == INT64_MAX ? nullptr : &deadline;
  const long result = ::syscall(SYS_futex, word.address(), FUTEX_WAIT_BITSET, expected, until,
                                nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == 0 ? 0 : errno;
}

[[gnu::hot]] int futex_wake(const ShmAtomic<std::uint32_t>& word, int count) noexcept {
  const long woken = ::syscall(SYS_futex, word.address(), FUTEX_WAKE, count, nullptr, nullptr, 0);
  return woken < 0 ? 0 : static_cast<int>(woken);
}

}  // namespace vsl
