// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "media/nal.hpp"
#include "videostream/frame_info.hpp"

namespace vsl {

/// What a sequence parameter set says about the pictures that use it.
struct SequenceInfo {
  std::uint32_t id = 0;
  std::uint32_t profile = 0;    ///< profile_idc
  std::uint32_t level = 0;      ///< level_idc: 10 × the level for H.264, 30 × for HEVC
  std::uint32_t chroma = 1;     ///< chroma_format_idc: 0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4
  std::uint32_t bit_depth = 8;  ///< of luma
  std::uint32_t coded_width_px = 0, coded_height_px = 0;
  Rect visible;  ///< the part to show, within the coded size
  Colorimetry color;
  /// Pictures (frames, not fields) in a second, where the stream says so: numerator 0 = it does
  /// not.
  std::uint32_t rate_numerator = 0, rate_denominator = 1;
  std::uint32_t sample_width = 0, sample_height = 0;  ///< pixel aspect ratio; 0 = not said
};

/// Reads a sequence parameter set, given as a NAL unit without start code. Any bytes are safe.
/// Nothing when they are no parameter set, or its sizes are beyond what the standard allows.
std::optional<SequenceInfo> parse_sps(VideoCodec codec, std::span<const std::byte> nal);

/// Whether it says a rate that somebody films at, and not a field that an encoder left to chance.
bool says_rate(const SequenceInfo& sequence) noexcept;

}  // namespace vsl
