// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstring>

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

/// What an enumerator of FFmpeg holds, read as bytes: its H.264 decoder keeps the chroma location
/// of the stream unchecked, and a value that its type cannot hold must not be loaded as that type.
/// `unspecified` stands for what no enumerator has.
template <class Enum>
std::uint8_t code_point(const Enum& field, Enum end, Enum unspecified) {
  static_assert(sizeof(Enum) == sizeof(unsigned));
  unsigned value = 0;
  std::memcpy(&value, &field, sizeof(value));
  return static_cast<std::uint8_t>(value < static_cast<unsigned>(end) ? value : unspecified);
}

/// FFmpeg's enumerators for these are the code points of H.273.
inline Colorimetry color_of(const AVFrame& frame) {
  Colorimetry color;
  color.primaries = code_point(frame.color_primaries, AVCOL_PRI_NB, AVCOL_PRI_UNSPECIFIED);
  color.transfer = code_point(frame.color_trc, AVCOL_TRC_NB, AVCOL_TRC_UNSPECIFIED);
  color.matrix = code_point(frame.colorspace, AVCOL_SPC_NB, AVCOL_SPC_UNSPECIFIED);
  color.range = code_point(frame.color_range, AVCOL_RANGE_NB, AVCOL_RANGE_UNSPECIFIED);
  color.chroma_site = code_point(frame.chroma_location, AVCHROMA_LOC_NB, AVCHROMA_LOC_UNSPECIFIED);
  return color;
}

}  // namespace vsl::codec::ffmpeg
