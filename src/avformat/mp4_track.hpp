// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/nal.hpp"
#include "media/sequence_info.hpp"
#include "videostream/result.hpp"

struct AVCodecParameters;

namespace vsl::avformat {

/// What the one track of an MP4 file is made of.
struct VideoTrack {
  VideoCodec codec = VideoCodec::h264;
  SequenceInfo sequence;
  std::vector<std::byte> parameter_sets;  ///< Annex B: those that decoding begins with
  bool sets_change = false;               ///< the stream brings others later
  std::uint32_t rate_numerator = 30, rate_denominator = 1;  ///< pictures a second
};

/// Tells FFmpeg's muxer. Errors: not_enough_memory.
Result<void> set_parameters(AVCodecParameters& parameters, const VideoTrack& track);

}  // namespace vsl::avformat
