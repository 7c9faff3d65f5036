// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "visible.hpp"

#include "formats.hpp"

namespace vsl::gst {
namespace {

/// The first component that lies in a plane; all of one plane are subsampled alike, or the plane is
/// the only one.
guint component_in(const GstVideoFormatInfo* format, guint plane) {
  guint component = 0;
  while (component + 1 < format->n_components && format->plane[component] != plane) ++component;
  return component;
}

std::uint64_t offset_in_plane(const GstVideoFormatInfo* format, guint plane,
                              std::uint32_t stride_bytes, std::uint32_t x, std::uint32_t y) {
  const guint component = component_in(format, plane);
  const std::uint64_t column = x >> format->w_sub[component];
  const std::uint64_t row = y >> format->h_sub[component];
  return row * stride_bytes + column * static_cast<std::uint64_t>(format->pixel_stride[component]);
}

bool shares_chroma_in_a_row(const GstVideoFormatInfo* format) {
  return format->n_planes == 1 && format->n_components > 1 && format->w_sub[1] > 0;
}

}  // namespace

Layout visible_layout(const FrameInfo& frame) {
  Layout layout = frame.layout;
  const Rect& crop = frame.crop;
  const GstVideoFormat known = format_of(layout.fourcc);
  if (crop.width <= 0 || crop.height <= 0 || known == GST_VIDEO_FORMAT_UNKNOWN) return layout;
  const GstVideoFormatInfo* format = gst_video_format_get_info(known);
  const bool bayer = is_bayer(layout.fourcc);
  auto x = static_cast<std::uint32_t>(crop.x), y = static_cast<std::uint32_t>(crop.y);
  if (bayer || shares_chroma_in_a_row(format)) x &= ~1U;
  if (bayer) y &= ~1U;
  // Where rows of one field share chroma with the next of the same field, they come in fours.
  if (frame.interlace != 0)
    y &= format->h_sub[component_in(format, layout.plane_count - 1)] != 0 ? ~3U : ~1U;
  layout.width_px = static_cast<std::uint32_t>(crop.width);
  layout.height_px = static_cast<std::uint32_t>(crop.height);
  for (std::uint32_t i = 0; i < layout.plane_count && i < format->n_planes; ++i) {
    PlaneLayout& plane = layout.planes[i];
    plane.offset_bytes += offset_in_plane(format, i, plane.stride_bytes, x, y);
  }
  return layout;
}

}  // namespace vsl::gst
