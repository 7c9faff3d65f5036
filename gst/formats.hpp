// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/video/video.h>

#include <optional>
#include <string>

#include "ref.hpp"
#include "videostream/frame_info.hpp"

namespace vsl::gst {

/// The codes of raw formats on the bus. One format has one code here and may have several there:
/// those of V4L2 and DRM are understood too.
Fourcc fourcc_of(GstVideoFormat format);
/// The format whose planes lie alike: of Bayer data, which has caps of its own, that of grey.
GstVideoFormat format_of(Fourcc fourcc);

/// What both elements can carry: raw formats, also as memory:DMABuf, Bayer and coded data.
GstCaps* template_caps();

/// What the caps of a stream say about every frame of it.
struct StreamFormat {
  Fourcc fourcc;
  GstVideoInfo video;      ///< coded data: size and rate alone
  bool coded = false;
  FrameInfo frame;         ///< colour and interlacing, for every frame
  std::string more_caps;   ///< fields that no member of FrameInfo has, as text; mostly empty
};

/// Errors: not_supported, naming the caps.
Result<StreamFormat> parse_caps(GstCaps* caps);

/// The caps of a received frame, in the size of its layout; `more_caps` is what its producer said beside. Errors:
/// not_supported, naming the format.
Result<Ref<GstCaps>> caps_for(const FrameInfo& frame, const std::string& more_caps);

bool is_coded(Fourcc fourcc);
bool is_bayer(Fourcc fourcc);

}  // namespace vsl::gst
