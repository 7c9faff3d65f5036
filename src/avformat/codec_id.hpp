// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

extern "C" {
#include <libavcodec/codec_id.h>
}

#include "media/nal.hpp"

namespace vsl::avformat {

constexpr AVCodecID codec_id(VideoCodec codec) {
  return codec == VideoCodec::h264 ? AV_CODEC_ID_H264 : AV_CODEC_ID_HEVC;
}

}  // namespace vsl::avformat
