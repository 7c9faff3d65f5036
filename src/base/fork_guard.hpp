// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <cstdint>

namespace vsl {

namespace detail {
extern std::atomic<std::uint32_t> fork_generation;
}

/// Knows whether this process is a forked child of the one that made it. A child must not give its
/// parent's leases back, nor keep its sockets open: the peer would never learn that the parent
/// died. While a ForkGuard lives, a fork() closes `fd` in the child (the number stays taken by a
/// placeholder that is not connected to anything). docs/spec/wire-v2.md#fork
class ForkGuard {
 public:
  /// `fd` ≥ 0: closed in a child. It must stay open as long as the guard lives, or until forget().
  explicit ForkGuard(int fd = -1);
  ~ForkGuard();
  ForkGuard(const ForkGuard&) = delete;
  ForkGuard& operator=(const ForkGuard&) = delete;

  bool in_child() const noexcept {
    // relaxed: the child has one thread, which ran the fork handler itself
    return generation_ != detail::fork_generation.load(std::memory_order_relaxed);
  }
  void watch(int fd) noexcept;  ///< replaces the fd to close; -1 = none

 private:
  friend struct ForkRegistry;
  std::uint32_t generation_;
  int fd_ = -1;
  ForkGuard* next_ = nullptr;
  ForkGuard* previous_ = nullptr;
};

}  // namespace vsl
