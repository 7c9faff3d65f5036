// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "support/virtual_time.hpp"

#include <poll.h>
#include <time.h>

#include <cerrno>

#include "base/clock.hpp"
#include "base/shm_atomic.hpp"
#include "kernel/kernel.hpp"
#include "support/check.hpp"

namespace vsl::fuzz {
namespace {

std::int64_t g_now_ns = 1'000'000'000'000;

void sleep_until(std::int64_t at_ns) {
  if (at_ns > g_now_ns) g_now_ns = at_ns;
}

}  // namespace

void advance_time(std::int64_t ns) { g_now_ns += ns; }

}  // namespace vsl::fuzz

extern "C" {

int __real_clock_gettime(clockid_t clock, timespec* time);
int __real_ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask);

int __wrap_clock_gettime(clockid_t clock, timespec* time) {
  if (clock != CLOCK_MONOTONIC) return __real_clock_gettime(clock, time);
  *time = vsl::to_timespec(vsl::fuzz::g_now_ns);
  return 0;
}

int __wrap_ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  VSL_MUST(timeout != nullptr);  // a fuzzer that waits for ever finds nothing
  const timespec at_once{};
  const int ready = vsl::fuzz::kernel::simulated() ? vsl::fuzz::kernel::poll_files(fds, count)
                                                   : __real_ppoll(fds, count, &at_once, mask);
  const std::int64_t limit_ns = timeout->tv_sec * 1'000'000'000 + timeout->tv_nsec;
  if (ready == 0) vsl::fuzz::sleep_until(vsl::fuzz::g_now_ns + limit_ns);
  return ready;
}

/// vsl::futex_wait_until
int __wrap__ZN3vsl16futex_wait_untilERKNS_9ShmAtomicIjEEjl(
    const vsl::ShmAtomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t deadline_ns) {
  VSL_MUST(deadline_ns != INT64_MAX);
  if (word.load(std::memory_order_seq_cst) != expected) return EAGAIN;
  vsl::fuzz::sleep_until(deadline_ns);
  return ETIMEDOUT;
}

}  // extern "C"
