// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vsl::codec {

/// Remembers something by the stamp of a picture while that is in a codec, which passes stamps and
/// nothing else. Keeps the last kRemembered, more than any codec holds pictures.
template <class T>
class ByStamp {
 public:
  void put(std::int64_t stamp, const T& value) { at(stamp) = {stamp, value}; }
  /// nullptr for a stamp that was never put, or too long ago.
  const T* find(std::int64_t stamp) const {
    const Entry& entry = entries_[index_of(stamp)];
    return stamp >= 0 && entry.stamp == stamp ? &entry.value : nullptr;
  }

 private:
  static constexpr std::size_t kRemembered = 512;
  struct Entry {
    std::int64_t stamp = -1;
    T value{};
  };
  static std::size_t index_of(std::int64_t stamp) {
    return static_cast<std::size_t>(stamp) % kRemembered;
  }
  Entry& at(std::int64_t stamp) { return entries_[index_of(stamp)]; }

  std::array<Entry, kRemembered> entries_;
};

}  // namespace vsl::codec
