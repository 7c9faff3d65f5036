// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "timing.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "alloc_count.hpp"

namespace vsl::bench {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::size_t kPageBytes = 4096;

timespec to_timespec(std::int64_t ns) {
  return {static_cast<time_t>(ns / kSecondNs), static_cast<long>(ns % kSecondNs)};
}

}  // namespace

void sleep_until(std::int64_t deadline_ns) {
  const timespec deadline = to_timespec(deadline_ns);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr) == EINTR) {
  }
}

void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t timeout_ns) {
  const timespec timeout = to_timespec(timeout_ns < 0 ? 0 : timeout_ns);
  ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, timeout_ns < 0 ? nullptr : &timeout, nullptr,
            0);
}

void wake_all(const std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

Usage usage_now() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return {0, clock_ns(CLOCK_PROCESS_CPUTIME_ID), used.ru_minflt, allocations()};
}

Usage usage_since(const Usage& before, std::uint64_t frames) {
  const Usage now = usage_now();
  return {frames, now.cpu_ns - before.cpu_ns, now.minor_faults - before.minor_faults,
          now.allocations - before.allocations};
}

void add_usage(Usage& total, const Usage& more) {
  total.frames += more.frames;
  total.cpu_ns += more.cpu_ns;
  total.minor_faults += more.minor_faults;
  total.allocations += more.allocations;
}

void read_pages(std::span<const std::byte> bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += kPageBytes) {
    static_cast<void>(*static_cast<const volatile std::byte*>(&bytes[i]));
  }
}

void write_pages(std::span<std::byte> bytes, std::uint8_t value) {
  for (std::size_t i = 0; i < bytes.size(); i += kPageBytes) bytes[i] = std::byte{value};
}

void pin_to_core(std::uint32_t core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core % static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN)), &cores);
  ::sched_setaffinity(0, sizeof(cores), &cores);
}

}  // namespace vsl::bench
