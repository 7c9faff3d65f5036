// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "videostream/frame_info.hpp"

namespace vsl::gst {

/// Where the visible part of a raw picture lies in its memory, for readers that know no crop: its
/// size is the crop's. Where pixels of a row share chroma in one plane (YUY2), and in Bayer data,
/// it begins at the even pixel before; of interlaced pictures, with the same field. A frame without
/// a crop, coded data and formats unknown to GStreamer: its layout.
Layout visible_layout(const FrameInfo& frame);

}  // namespace vsl::gst
