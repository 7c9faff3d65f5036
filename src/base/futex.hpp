// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "base/shm_atomic.hpp"

namespace vsl {

/// Sleeps while the word still is `expected`, until woken or until `deadline_ns` (CLOCK_MONOTONIC).
/// Returns 0, or the errno: EAGAIN (it changed), ETIMEDOUT, EINTR. Works on read-only mappings.
/// Source: futex(2), FUTEX_WAIT_BITSET
int futex_wait_until(const ShmAtomic<std::uint32_t>& word, std::uint32_t expected,
                     std::int64_t deadline_ns) noexcept;
/// Wakes at most `count` waiters of any process; returns how many.
int futex_wake(const ShmAtomic<std::uint32_t>& word, int count) noexcept;

}  // namespace vsl
