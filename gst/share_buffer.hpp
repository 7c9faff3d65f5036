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

/// Offsets and strides of a raw picture: those of its meta, or those its caps imply.
struct PictureLayout {
  guint planes = 0;
  std::array<gsize, GST_VIDEO_MAX_PLANES> offset_bytes{};
  std::array<gint, GST_VIDEO_MAX_PLANES> stride_bytes{};
};
PictureLayout picture_layout(GstBuffer* buffer, const GstVideoInfo& video);

}  // namespace vsl::gst
