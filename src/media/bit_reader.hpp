// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vsl {

/// Reads the bits of a NAL unit, most significant first, without its emulation prevention bytes
/// (the 03 of 00 00 03). Reading past the end gives zeros and makes ok() false: a parser reads a
/// whole structure and asks once.
/// Source: Rec. ITU-T H.264 §7.3.1, §9.1; H.265 §7.3.1.1, §9.2.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> nal) : bytes_(nal) {}

  bool ok() const { return ok_; }
  /// For a value that the standard does not allow: the structure is not to be believed.
  void fail() { ok_ = false; }

  bool flag() { return bits(1) != 0; }

  /// u(count), count ≤ 32.
  std::uint32_t bits(unsigned count) {
    std::uint64_t value = 0;
    while (count > 0) {
      if (left_ == 0 && !load()) {
        ok_ = false;
        return 0;
      }
      const unsigned take = count < left_ ? count : left_;
      value = value << take | (current_ >> (left_ - take) & ((1U << take) - 1));
      left_ -= take;
      count -= take;
    }
    return static_cast<std::uint32_t>(value);
  }

  void skip(unsigned count) {
    for (; count > 32; count -= 32) bits(32);
    bits(count);
  }

  /// ue(v)
  std::uint32_t golomb() {
    unsigned zeros = 0;
    while (ok_ && !flag()) {
      if (++zeros > 31) {
        ok_ = false;
        return 0;
      }
    }
    return ok_ ? (1U << zeros) - 1 + bits(zeros) : 0;
  }

  /// ue(v) that the standard bounds; a larger one makes ok() false.
  std::uint32_t golomb_up_to(std::uint32_t most) {
    const std::uint32_t value = golomb();
    if (value <= most) return value;
    ok_ = false;
    return 0;
  }

  /// se(v)
  std::int32_t signed_golomb() {
    const std::uint32_t code = golomb();
    const auto half = static_cast<std::int32_t>(code / 2);
    return code % 2 == 1 ? half + 1 : -half;
  }

 private:
  bool load() {
    if (next_ >= bytes_.size()) return false;
    auto byte = std::to_integer<std::uint8_t>(bytes_[next_++]);
    if (zeros_ >= 2 && byte == 3) {
      zeros_ = 0;
      if (next_ >= bytes_.size()) return false;
      byte = std::to_integer<std::uint8_t>(bytes_[next_++]);
    }
    zeros_ = byte == 0 ? zeros_ + 1 : 0;
    current_ = byte;
    left_ = 8;
    return true;
  }

  std::span<const std::byte> bytes_;
  std::size_t next_ = 0;
  unsigned zeros_ = 0;  // bytes of zero just before next_
  std::uint8_t current_ = 0;
  unsigned left_ = 0;  // bits of current_ not read yet
  bool ok_ = true;
};

}  // namespace vsl
