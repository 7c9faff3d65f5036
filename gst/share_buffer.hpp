// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <array>
#include <memory>
#include <optional>

#include "formats.hpp"
#include "videostream/buffer.hpp"

namespace vsl::gst {

/// A GstBuffer as a frame sees it: where its planes lie in which shareable memories.
struct SharedPicture {
  Layout layout;
  std::array<std::shared_ptr<Buffer>, kMaxPlanes> buffers;
};

/// Nothing: it does not lie in shareable memory, or not so that a frame can say how.
std::optional<SharedPicture> share_buffer(GstBuffer* buffer, const StreamFormat& format);

/// Size, offsets and strides of a raw picture: those of its meta, or those its caps imply. They
/// differ where upstream hands over more than is to be seen: caps have the visible size then,
/// GstVideoMeta says what lies in memory, and GstVideoCropMeta where in it the visible part is.
struct PictureLayout {
  guint planes = 0;
  std::uint32_t width_px = 0, height_px = 0;
  std::array<gsize, GST_VIDEO_MAX_PLANES> offset_bytes{};
  std::array<gint, GST_VIDEO_MAX_PLANES> stride_bytes{};
};
PictureLayout picture_layout(GstBuffer* buffer, const GstVideoInfo& video);

/// What of the picture is to be seen: all of it (width 0) where a buffer names no part inside it.
Rect crop_of(GstBuffer* buffer, const Layout& layout);

}  // namespace vsl::gst
