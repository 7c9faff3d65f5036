// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Pictures that prove themselves: every word depends on the frame's number, and the stamp of the
/// test pattern at their start has the checksum of all the rest.
namespace vsl::storm {

/// One number for a host's life and a serial in it; it never goes back.
constexpr std::uint64_t sequence_of(std::uint32_t life, std::uint64_t serial) {
  return std::uint64_t{life} << 40 | serial;
}

void draw(std::span<std::byte> picture, std::uint32_t life, std::uint64_t serial);

struct Judgement {
  enum class Verdict { whole, torn, another_frame };
  Verdict verdict = Verdict::torn;
  std::uint32_t life = 0;    ///< unless torn
  std::uint64_t serial = 0;  ///< the picture's own; unless torn
};
/// Reads every byte. `serial`: of the frame that this is said to be.
Judgement judge(std::span<const std::byte> picture, std::uint64_t serial);

}  // namespace vsl::storm
