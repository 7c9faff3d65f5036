// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/clock.hpp"
#include "base/signals.hpp"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449  // Linux 5.16
#endif

namespace vsl {
namespace {

std::atomic<bool> waitv_is_missing{false};

/// As futex_waitv(2) takes a word; <linux/futex.h> has it from Linux 5.16 on.
struct WaitedWord {
  std::uint64_t expected = 0;
  std::uint64_t address = 0;
  std::uint32_t flags = 2;  // FUTEX_32, shared
  std::uint32_t reserved = 0;
};

/// Sleeps by the one futex call with a time limit that the kernel restarts after a handler with
/// SA_RESTART. ENOSYS or EPERM (a filter that does not know it): there is none.
[[gnu::hot]] int wait_restarted(const ShmAtomic<std::uint32_t>& word, std::uint32_t expected,
                                const timespec* until) noexcept {
  if (waitv_is_missing.load(std::memory_order_relaxed)) return ENOSYS;
  const WaitedWord waited{expected, reinterpret_cast<std::uintptr_t>(word.address())};
  const long result = ::syscall(SYS_futex_waitv, &waited, 1, 0, until, CLOCK_MONOTONIC);
  return result >= 0 ? 0 : errno;
}

/// Sleeps by a call that ends with EINTR after every handler.
int wait_interrupted(const ShmAtomic<std::uint32_t>& word, std::uint32_t expected,
                     const timespec* until) noexcept {
  const long result = ::syscall(SYS_futex, word.address(), FUTEX_WAIT_BITSET, expected, until,
                                nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == 0 ? 0 : errno;
}

}  // namespace

[[gnu::hot]] int futex_wait_until(const ShmAtomic<std::uint32_t>& word, std::uint32_t expected,
                                  std::int64_t deadline_ns) noexcept {
  const timespec deadline = to_timespec(deadline_ns);
  const timespec* until = deadline_ns == INT64_MAX ? nullptr : &deadline;
  int result = wait_restarted(word, expected, until);
  if (result != ENOSYS && result != EPERM) return result;
  waitv_is_missing.store(true, std::memory_order_relaxed);  // each finds it out for itself
  do {
    result = wait_interrupted(word, expected, until);
  } while (result == EINTR && all_handlers_restart());
  return result;
}

[[gnu::hot]] int futex_wake(const ShmAtomic<std::uint32_t>& word, int count) noexcept {
  const long woken = ::syscall(SYS_futex, word.address(), FUTEX_WAKE, count, nullptr, nullptr, 0);
  return woken < 0 ? 0 : static_cast<int>(woken);
}

}  // namespace vsl
