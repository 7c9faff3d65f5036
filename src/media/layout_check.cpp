// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/layout_check.hpp"

#include <string>
#include <string_view>

#include "media/format_table.hpp"

namespace vsl {
namespace {

/// Strides are signed numbers elsewhere: in GStreamer, libyuv, FFmpeg. A picture of one row would
/// fit with any.
constexpr std::uint32_t kMostStrideBytes = INT32_MAX;

Error refuse(const Layout& layout, const std::string& why) {
  return Error::of(std::errc::invalid_argument, "use a " + std::to_string(layout.width_px) + "x" +
                                                    std::to_string(layout.height_px) + " " +
                                                    layout.fourcc.to_string() + " layout: " + why);
}

Result<void> check_buffers(const Layout& layout, std::span<const std::uint64_t> sizes) {
  if (layout.buffer_count == 0 || layout.buffer_count > kMaxPlanes) {
    return refuse(layout, std::to_string(layout.buffer_count) + " buffers, 1 to 4 are possible");
  }
  if (layout.buffer_count != sizes.size()) {
    return refuse(layout, std::to_string(layout.buffer_count) + " buffers described, " +
                              std::to_string(sizes.size()) + " given");
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (layout.buffer_bytes[i] <= sizes[i]) continue;
    return refuse(layout, "buffer " + std::to_string(i) + " has " + std::to_string(sizes[i]) +
                              " bytes, the layout uses " + std::to_string(layout.buffer_bytes[i]));
  }
  return {};
}

Result<void> check_shape(const Layout& layout, const Format* format) {
  if (layout.plane_count == 0 || layout.plane_count > kMaxPlanes) {
    return refuse(layout, std::to_string(layout.plane_count) + " planes, 1 to 4 are possible");
  }
  if (layout.width_px > kMaxSidePx || layout.height_px > kMaxSidePx) {
    return refuse(layout, "sides are at most 65536 pixels");
  }
  if (format == nullptr) return {};
  if (layout.width_px == 0 || layout.height_px == 0) return refuse(layout, "it has no pixels");
  if (layout.plane_count != format->plane_count) {
    return refuse(layout, std::to_string(layout.plane_count) + " planes, the format has " +
                              std::to_string(format->plane_count));
  }
  return {};
}

Result<void> check_plane(const Layout& layout, const Format* format, std::size_t index) {
  const PlaneLayout& plane = layout.planes[index];
  const std::string_view no_room = " does not fit into its buffer";
  const auto name = [&] { return "plane " + std::to_string(index); };
  if (plane.buffer >= layout.buffer_count) {
    return refuse(layout, name() + " is in buffer " + std::to_string(plane.buffer) + " of " +
                              std::to_string(layout.buffer_count));
  }
  const std::uint64_t end = layout.buffer_bytes[plane.buffer];
  if (plane.offset_bytes > end) return refuse(layout, name().append(no_room));
  if (format == nullptr) return {};
  const std::uint32_t row_bytes = format->planes[index].row_bytes(layout.width_px);
  const std::uint32_t rows = format->planes[index].rows(layout.height_px);
  if (plane.stride_bytes > kMostStrideBytes) {
    return refuse(layout, name() + " has a stride of " + std::to_string(plane.stride_bytes) +
                              " bytes, which others read as a negative one");
  }
  if (plane.stride_bytes < row_bytes) {
    return refuse(layout, name() + " has rows of " + std::to_string(row_bytes) +
                              " bytes and a stride of " + std::to_string(plane.stride_bytes));
  }
  // Sides are checked: at most 2^16 · 2^32 + 2^18.
  const std::uint64_t picture = std::uint64_t{rows - 1} * plane.stride_bytes + row_bytes;
  if (picture > end - plane.offset_bytes) return refuse(layout, name().append(no_room));
  return {};
}

}  // namespace

Result<void> check_layout(const Layout& layout, std::span<const std::uint64_t> buffer_sizes) {
  const Format* format = row_format(layout);
  VSL_CHECK(check_buffers(layout, buffer_sizes));
  VSL_CHECK(check_shape(layout, format));
  for (std::size_t i = 0; i < layout.plane_count; ++i) VSL_CHECK(check_plane(layout, format, i));
  return {};
}

}  // namespace vsl
