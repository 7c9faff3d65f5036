// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "videostream/result.hpp"

namespace vsl {

/// A pixel or codec format: four characters, the first in the low byte, as V4L2 and DRM pack them.
struct Fourcc {
  std::uint32_t code = 0;

  friend constexpr auto operator<=>(Fourcc, Fourcc) = default;
  /// The four characters; bytes that are not printable ASCII become '?'.
  VSL_EXPORT std::string to_string() const;
};

/// Packs four characters: fourcc("NV12").
constexpr Fourcc fourcc(const char (&text)[5]) {
  const auto byte = [&](int i) { return std::uint32_t{static_cast<unsigned char>(text[i])}; };
  return Fourcc{byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24};
}

}  // namespace vsl
