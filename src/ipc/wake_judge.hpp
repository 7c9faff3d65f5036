// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace vsl::ipc {

/// Decides from what wakes cost whether those who are woken make it expensive on purpose. Any
/// thread; wakes at the same time may lose each other's verdict. docs/decisions/0003
class WakeJudge {
 public:
  static constexpr std::int64_t kCostlyNs = 1'000'000;

  /// Whether the CPU time of the next wake is wanted: reading it is a system call.
  bool wants_cpu_time() const noexcept { return suspicion() > 0; }

  /// A wake took so long by the clock, and by our CPU time where that was wanted. Long by the clock
  /// may be the woken clients running in our place, and even CPU time may be another's: a
  /// hypervisor that runs somebody else meanwhile is charged to us. Only what lasts is held against
  /// them.
  void note(std::int64_t wall_ns, std::optional<std::int64_t> cpu_ns) noexcept {
    const bool costly = wall_ns > kCostlyNs && cpu_ns && *cpu_ns > kCostlyNs;
    if (costly) {
      strikes_.fetch_add(1, std::memory_order_relaxed);
    } else if (cpu_ns) {
      strikes_.store(0, std::memory_order_relaxed);
    }
    if (wall_ns > kCostlyNs) {
      suspicion_.store(kMeasuredWakes, std::memory_order_relaxed);
    } else if (cpu_ns && suspicion() > 0) {
      suspicion_.store(suspicion() - 1, std::memory_order_relaxed);
    }
  }

  bool too_costly() const noexcept { return strikes_.load(std::memory_order_relaxed) >= kStrikes; }

  static constexpr std::uint32_t kStrikes = 10;  ///< in a row

 private:
  static constexpr std::uint32_t kMeasuredWakes = 4;

  // relaxed: a count of our own, of which nothing else depends
  std::uint32_t suspicion() const noexcept { return suspicion_.load(std::memory_order_relaxed); }

  std::atomic<std::uint32_t> strikes_{0};
  std::atomic<std::uint32_t> suspicion_{0};  ///< wakes still to be measured by our own time
};

}  // namespace vsl::ipc
