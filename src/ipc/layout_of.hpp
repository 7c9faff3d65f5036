// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <algorithm>

#include "media/format_table.hpp"
#include "videostream/frame_info.hpp"
#include "wire/v2_layout.hpp"

namespace vsl::ipc {

/// The layout in a description from another process. Counts are cut to what fits; whether the rest
/// makes sense is check_layout's to say.
inline Layout layout_of(const wire::v2::Description& d) noexcept {
  Layout layout;
  layout.fourcc = {d.fourcc};
  layout.width_px = d.width_px;
  layout.height_px = d.height_px;
  layout.modifier = d.modifier;
  layout.plane_count = std::min<std::uint32_t>(d.plane_count, kMaxPlanes);
  layout.buffer_count = std::min<std::uint32_t>(d.buffer_count, kMaxPlanes);
  for (std::uint32_t i = 0; i < layout.plane_count; ++i) {
    layout.planes[i] = {d.planes[i].offset_bytes, d.planes[i].stride_bytes, d.planes[i].buffer};
  }
  for (std::uint32_t i = 0; i < layout.buffer_count; ++i) {
    layout.buffer_bytes[i] = d.buffers[i].used_bytes;
  }
  return layout;
}

/// Whether a rectangle of another process lies in a picture of this size; where the size is not
/// said, in the largest there is.
inline bool lies_in(const Rect& rect, const Layout& layout) noexcept {
  const std::int64_t width = layout.width_px != 0 ? layout.width_px : kMaxSidePx;
  const std::int64_t height = layout.height_px != 0 ? layout.height_px : kMaxSidePx;
  return rect.x >= 0 && rect.y >= 0 && rect.width >= 0 && rect.height >= 0 &&
         std::int64_t{rect.x} + rect.width <= width && std::int64_t{rect.y} + rect.height <= height;
}

}  // namespace vsl::ipc
