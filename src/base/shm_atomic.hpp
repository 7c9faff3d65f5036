// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

namespace vsl {

/// A lock-free word in memory that another process maps. No default order: every access names it.
/// Trivial, so that it can lie in a struct that is laid over a mapping.
template <class T>
class ShmAtomic {
  static_assert(std::is_unsigned_v<T> && (sizeof(T) == 4 || sizeof(T) == 8));
  static_assert(std::atomic_ref<T>::is_always_lock_free);

 public:
  T load(std::memory_order order) const noexcept {
    // atomic_ref wants a mutable T; a load does not write, also not to a read-only mapping.
    return std::atomic_ref<T>(const_cast<T&>(value_)).load(order);
  }
  void store(T value, std::memory_order order) noexcept {
    std::atomic_ref<T>(value_).store(value, order);
  }
  /// For words of which this process is the only writer.
  void add_relaxed(T amount) noexcept {
    store(load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  /// The address for futex(2).
  const T* address() const noexcept { return &value_; }

 private:
  alignas(sizeof(T)) T value_;
};

}  // namespace vsl
