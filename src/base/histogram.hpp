// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <bit>
#include <cstdint>

namespace vsl {

/// The bucket of a duration in a histogram of 32: [2^i, 2^(i+1)) ns, the last one open.
constexpr std::uint32_t log2_bucket(std::uint64_t ns) noexcept {
  const int bits = std::bit_width(ns | 1) - 1;
  return bits > 31 ? 31U : static_cast<std::uint32_t>(bits);
}

}  // namespace vsl
