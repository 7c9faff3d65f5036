// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/video/video.h>

#include "videostream/frame_info.hpp"

namespace vsl::gst {

/// H.273 code points for GStreamer's names, of what the caps really say.
Colorimetry colors_of(const GstVideoInfo& video, bool has_colorimetry, bool has_chroma_site);
/// The other way; unspecified becomes unknown, so that nothing is claimed.
void set_colors(GstVideoInfo& video, const Colorimetry& color);

}  // namespace vsl::gst
