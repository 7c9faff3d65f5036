// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/frame_layout.hpp"

#include <algorithm>
#include <limits>

#include "media/format_table.hpp"

namespace vsl::capi {
namespace {

/// The stride of a plane when the first plane has the given one: as many pixels a row, and padding.
std::uint32_t plane_stride(const Format& format, std::size_t index, const PictureShape& shape) {
  const PlaneFormat& first = format.planes[0];
  const PlaneFormat& plane = format.planes[index];
  const std::uint64_t units = std::uint64_t{plane.group_px} * first.group_bytes;
  const std::uint64_t bytes =
      std::uint64_t{shape.stride_bytes} * plane.group_bytes * first.group_px;
  const std::uint64_t stride = (bytes + units - 1) / units;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(std::max<std::uint64_t>(stride, plane.row_bytes(shape.width_px)),
                              std::numeric_limits<std::uint32_t>::max()));
}

/// Gives `layout`, the packed one, the rows of a wider stride.
void widen(Layout& layout, const Format& format, const PictureShape& shape) {
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < format.plane_count; ++i) {
    layout.planes[i].offset_bytes = end;
    layout.planes[i].stride_bytes = plane_stride(format, i, shape);
    end += std::uint64_t{layout.planes[i].stride_bytes} * format.planes[i].rows(shape.height_px);
  }
  layout.buffer_bytes[0] = end;
}

}  // namespace

Result<Layout> picture_layout(const PictureShape& shape, std::uint64_t bytes,
                              std::uint64_t offset_bytes) {
  const Format* format = find_format(shape.fourcc);
  if (format == nullptr && bytes == 0) {
    return Error::of(std::errc::not_supported,
                     "size a " + shape.fourcc.to_string() + " picture: give its size in bytes");
  }
  Layout layout =
      Layout::opaque(shape.fourcc, shape.width_px, shape.height_px, bytes, shape.stride_bytes);
  if (format != nullptr) {
    VSL_TRY(Layout planes, Layout::packed(shape.fourcc, shape.width_px, shape.height_px));
    const bool stride_fits =
        shape.stride_bytes == 0 || shape.stride_bytes >= planes.planes[0].stride_bytes;
    if (stride_fits && shape.stride_bytes != 0) widen(planes, *format, shape);
    const std::uint64_t needed = planes.buffer_bytes[0];
    if (bytes == 0) bytes = needed;
    if (stride_fits && bytes >= needed) layout = planes;
  }
  layout.buffer_bytes[0] = bytes + offset_bytes;
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    layout.planes[i].offset_bytes += offset_bytes;
  }
  return layout;
}

}  // namespace vsl::capi
