// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

extern "C" {
#include <libavcodec/codec_id.h>
}

#include <optional>

#include "media/video_codec.hpp"

namespace vsl::avformat {

constexpr AVCodecID codec_id(VideoCodec codec) {
  return codec == VideoCodec::h264 ? AV_CODEC_ID_H264 : AV_CODEC_ID_HEVC;
}

/// Nothing for any other.
constexpr std::optional<VideoCodec> video_codec_of(AVCodecID id) {
  if (id == AV_CODEC_ID_H264) return VideoCodec::h264;
  if (id == AV_CODEC_ID_HEVC) return VideoCodec::hevc;
  return {};
}

}  // namespace vsl::avformat
