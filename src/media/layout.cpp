// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <string>

#include "media/format_table.hpp"
#include "videostream/frame_info.hpp"

// Everything here also runs on layouts that nobody has checked yet: any bytes give a defined
// answer.

namespace vsl {
namespace {

/// DRM_FORMAT_MOD_INVALID: how the bytes lie is not known.
constexpr std::uint64_t kUnknownModifier = 0x00ff'ffff'ffff'ffff;

bool has_plane(const Layout& layout, std::size_t plane) {
  return plane < std::min<std::size_t>(layout.plane_count, kMaxPlanes);
}

const PlaneFormat* plane_format(const Layout& layout, std::size_t plane) {
  const Format* format = row_format(layout);
  return format != nullptr && plane < format->plane_count ? &format->planes[plane] : nullptr;
}

}  // namespace

Result<Layout> Layout::packed(Fourcc fourcc, std::uint32_t width_px, std::uint32_t height_px,
                              std::uint32_t stride_align) {
  const auto what = [&] {
    return "lay out a " + std::to_string(width_px) + "x" + std::to_string(height_px) + " " +
           fourcc.to_string() + " picture";
  };
  const auto side_is_sane = [](std::uint32_t px) { return px > 0 && px <= kMaxSidePx; };
  if (!side_is_sane(width_px) || !side_is_sane(height_px)) {
    return Error::of(std::errc::invalid_argument, what() + " (sides are 1 to 65536 pixels)");
  }
  constexpr std::uint32_t kMaxAlignBytes = 1U << 20;
  if (stride_align == 0 || stride_align > kMaxAlignBytes) {
    return Error::of(std::errc::invalid_argument,
                     what() + " (rows can be aligned to 1 to 1048576 bytes)");
  }
  const Format* format = find_format(fourcc);
  if (format == nullptr) {
    return Error::of(std::errc::not_supported,
                     what() + " (not an uncompressed format we know; give its size in bytes)");
  }
  Layout layout{.fourcc = fourcc, .width_px = width_px, .height_px = height_px};
  layout.plane_count = format->plane_count;
  layout.buffer_count = 1;
  for (std::size_t i = 0; i < format->plane_count; ++i) {
    const PlaneFormat& plane = format->planes[i];
    const std::uint32_t row_bytes = plane.row_bytes(width_px);
    const std::uint32_t stride = (row_bytes + stride_align - 1) / stride_align * stride_align;
    layout.planes[i] = {.offset_bytes = layout.buffer_bytes[0], .stride_bytes = stride};
    layout.buffer_bytes[0] += std::uint64_t{stride} * plane.rows(height_px);
  }
  return layout;
}

Layout Layout::opaque(Fourcc fourcc, std::uint32_t width_px, std::uint32_t height_px,
                      std::uint64_t bytes, std::uint32_t stride_bytes) {
  Layout layout{.fourcc = fourcc, .width_px = width_px, .height_px = height_px};
  // Readers must not look for the planes of a known format in bytes that are said to be opaque.
  if (find_format(fourcc) != nullptr) layout.modifier = kUnknownModifier;
  layout.plane_count = layout.buffer_count = 1;
  layout.planes[0].stride_bytes = stride_bytes;
  layout.buffer_bytes[0] = bytes;
  return layout;
}

std::uint32_t Layout::plane_rows(std::size_t plane) const {
  if (!has_plane(*this, plane)) return 0;
  const PlaneFormat* format = plane_format(*this, plane);
  if (format != nullptr) return format->rows(height_px);
  return planes[plane].stride_bytes != 0 ? height_px : 0;  // coded data has no rows
}

std::uint32_t Layout::plane_row_bytes(std::size_t plane) const {
  if (!has_plane(*this, plane)) return 0;
  const PlaneFormat* format = plane_format(*this, plane);
  return format != nullptr ? format->row_bytes(width_px) : 0;
}

std::uint64_t Layout::plane_bytes(std::size_t plane) const {
  if (!has_plane(*this, plane) || planes[plane].buffer >= kMaxPlanes) return 0;
  const std::uint64_t offset = planes[plane].offset_bytes;
  const std::uint64_t end = buffer_bytes[planes[plane].buffer];
  if (offset >= end) return 0;
  const PlaneFormat* format = plane_format(*this, plane);
  if (format == nullptr) return end - offset;
  const std::uint64_t rows = format->rows(height_px);
  if (rows == 0) return 0;
  // (2^32 - 1)^2 + 2^32 fits: the last row ends with its pixels, padded or not.
  const std::uint64_t picture =
      (rows - 1) * planes[plane].stride_bytes + format->row_bytes(width_px);
  return std::min(picture, end - offset);
}

}  // namespace vsl
