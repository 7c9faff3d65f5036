// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace vsl {

/// A queue with room for kMost, made with its owner: it needs no memory later.
template <class T, std::size_t kMost>
class FixedQueue {
 public:
  bool empty() const noexcept { return size_ == 0; }
  bool full() const noexcept { return size_ == kMost; }
  std::size_t size() const noexcept { return size_; }
  /// The i-th from the front.
  T& operator[](std::size_t i) noexcept { return items_[(first_ + i) % kMost]; }
  T& front() noexcept { return (*this)[0]; }
  /// Of a queue that is not full.
  void push_back(T item) noexcept { items_[(first_ + size_++) % kMost] = std::move(item); }
  /// Of a queue that is not empty. What the item owned is let go.
  void pop_front() noexcept {
    front() = T();
    first_ = (first_ + 1) % kMost;
    --size_;
  }

 private:
  std::array<T, kMost> items_{};
  std::size_t first_ = 0, size_ = 0;
};

}  // namespace vsl
