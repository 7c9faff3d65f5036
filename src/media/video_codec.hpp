// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>

#include "videostream/fourcc.hpp"

namespace vsl {

/// Coding standards whose streams come as NAL units.
enum class VideoCodec : std::uint8_t { h264, hevc };

/// For sentences.
constexpr const char* name_of(VideoCodec codec) {
  return codec == VideoCodec::h264 ? "H.264" : "HEVC";
}

constexpr Fourcc fourcc_of(VideoCodec codec) {
  return codec == VideoCodec::h264 ? fourcc("H264") : fourcc("HEVC");
}

/// Nothing for what has no NAL units, or is not coded at all.
constexpr std::optional<VideoCodec> video_codec_of(Fourcc format) {
  if (format == fourcc("H264")) return VideoCodec::h264;
  if (format == fourcc("HEVC") || format == fourcc("H265")) return VideoCodec::hevc;
  return {};
}

}  // namespace vsl
