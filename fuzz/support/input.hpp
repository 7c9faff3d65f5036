// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace vsl::fuzz {

/// Reads the bytes of an input from front to back, so that seeds can be written by hand. What lies
/// behind the end is 0.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }

  template <class T>
  T take() {
    T value{};
    const auto from = take_bytes(sizeof value);
    if (!from.empty()) std::memcpy(&value, from.data(), from.size());
    return value;
  }
  std::uint8_t byte() { return take<std::uint8_t>(); }
  /// 0 … count − 1.
  std::uint32_t below(std::uint32_t count) { return byte() % count; }
  bool flag() { return (byte() & 1) != 0; }

  std::span<const std::uint8_t> take_bytes(std::size_t count) {
    const auto taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::string_view take_text(std::size_t count) {
    const auto taken = take_bytes(count);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }
  std::string_view rest_as_text() { return take_text(rest_.size()); }

  /// Overwrites up to three 32-bit words of something that is right, to make it nearly right.
  template <class T>
  void spoil(T& value) {
    static_assert(sizeof value >= 4);
    auto* bytes = reinterpret_cast<std::uint8_t*>(&value);
    for (std::uint32_t left = below(4); left > 0; --left) {
      const std::size_t offset = std::size_t{byte()} * 4 % (sizeof value - 3);
      const auto word = take<std::uint32_t>();
      std::memcpy(bytes + offset, &word, sizeof word);
    }
  }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace vsl::fuzz
