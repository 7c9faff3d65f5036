// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

extern "C" {
#include <libavutil/pixfmt.h>
}

#include "videostream/fourcc.hpp"

namespace vsl::codec::ffmpeg {

/// FFmpeg's name for the bytes of a format. Planes 1 and 2 change places where `swapped`.
struct PixelFormat {
  Fourcc fourcc;
  AVPixelFormat format = AV_PIX_FMT_NONE;
  bool swapped = false;
};

/// AV_PIX_FMT_NONE: FFmpeg has none for it.
PixelFormat pixel_format_of(Fourcc fourcc);

}  // namespace vsl::codec::ffmpeg
