// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>
#include <span>

#include "control_page.hpp"

namespace vsl::bench {

inline std::int64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}
inline std::int64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }

/// Sleeps until an absolute CLOCK_MONOTONIC time, so that a late frame does not shift the others.
void sleep_until(std::int64_t deadline_ns);

/// Returns when the word no longer is `expected`, after `timeout_ns` (< 0: none) or for nothing.
void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t timeout_ns = -1);
void wake_all(const std::atomic<std::uint32_t>& word);

/// What this process has used so far; the difference of two is a phase's.
Usage usage_now();
Usage usage_since(const Usage& before, std::uint64_t frames);
void add_usage(Usage& total, const Usage& more);

/// Reads or writes one byte of each page.
void read_pages(std::span<const std::byte> bytes);
void write_pages(std::span<std::byte> bytes, std::uint8_t value);

void pin_to_core(std::uint32_t core);

}  // namespace vsl::bench
