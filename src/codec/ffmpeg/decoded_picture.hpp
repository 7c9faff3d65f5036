// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

extern "C" {
#include <libavutil/frame.h>
}

#include "videostream/frame_info.hpp"

namespace vsl::codec::ffmpeg {

/// The fourcc under which decoded pictures of a pixel format are given out as they are; 0 = none.
inline Fourcc fourcc_of(int pixel_format) {
  switch (pixel_format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P:
      return fourcc("I420");
    case AV_PIX_FMT_NV12:
      return fourcc("NV12");
    case AV_PIX_FMT_P010LE:
      return fourcc("P010");
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUVJ422P:
      return fourcc("Y42B");
    case AV_PIX_FMT_YUV444P:
    case AV_PIX_FMT_YUVJ444P:
      return fourcc("YU24");
    case AV_PIX_FMT_GRAY8:
      return fourcc("GREY");
    default:
      return {};
  }
}

/// FFmpeg's enumerators for these are the code points of H.273.
inline Colorimetry color_of(const AVFrame& frame) {
  Colorimetry color;
  color.primaries = static_cast<std::uint8_t>(frame.color_primaries);
  color.transfer = static_cast<std::uint8_t>(frame.color_trc);
  color.matrix = static_cast<std::uint8_t>(frame.colorspace);
  color.range = static_cast<std::uint8_t>(frame.color_range);
  color.chroma_site = static_cast<std::uint8_t>(frame.chroma_location);
  return color;
}

}  // namespace vsl::codec::ffmpeg
