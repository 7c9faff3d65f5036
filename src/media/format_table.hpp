// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>

#include "videostream/frame_info.hpp"

namespace vsl {

/// Sizes beyond this are taken for garbage: it keeps every product of sizes far inside 64 bits.
inline constexpr std::uint32_t kMaxSidePx = 65536;

/// One plane, as groups of `group_px` neighbouring pixels of a row that share `group_bytes` bytes.
/// A last group that is not full is stored whole, and so is a last row of subsampled chroma.
struct PlaneFormat {
  std::uint8_t group_px = 1;
  std::uint8_t group_bytes = 0;
  std::uint8_t row_px = 1;  ///< picture rows that share one row of the plane

  constexpr std::uint32_t row_bytes(std::uint32_t width_px) const {
    return static_cast<std::uint32_t>((std::uint64_t{width_px} + group_px - 1) / group_px *
                                      group_bytes);
  }
  constexpr std::uint32_t rows(std::uint32_t height_px) const {
    return static_cast<std::uint32_t>((std::uint64_t{height_px} + row_px - 1) / row_px);
  }
};

/// An uncompressed format. Planes are in the order in which they lie in memory: for I420 plane 1 is
/// U and plane 2 is V, for YV12 plane 1 is V and plane 2 is U. What the bytes mean: components.hpp.
struct Format {
  Fourcc fourcc;
  std::uint8_t plane_count = 0;
  /// Half bytes a pixel takes by the table of release 2.5; 0 = not in that table.
  std::uint8_t legacy_half_bytes = 0;
  std::array<PlaneFormat, kMaxPlanes> planes{};
};

/// The format, or nullptr when the table has it not (coded data among others).
const Format* find_format(Fourcc fourcc) noexcept;

/// The format that says how the rows of a layout lie; nullptr for opaque bytes: coded data, formats
/// not in the table, memory with a modifier (tiled, compressed).
const Format* row_format(const Layout& layout) noexcept;

/// Coded data, as vsl_v4l2_is_compressed_format() lists it.
bool is_compressed(Fourcc fourcc) noexcept;

/// What release 2.5 calls the stride: bytes a row takes in all planes together, rounded down, so
/// that its frame size is stride × height. 0 = not in its table.
std::uint64_t legacy_stride_bytes(Fourcc fourcc, std::uint32_t width_px) noexcept;

}  // namespace vsl
