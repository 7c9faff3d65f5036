// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <span>
#include <vector>

#include "media/nal.hpp"
#include "videostream/result.hpp"

namespace vsl::avformat {

/// What the decoder configuration of an MP4 track holds.
struct ParameterSets {
  std::vector<std::span<const std::byte>> nals;  ///< within the record
  unsigned length_bytes = 4;                     ///< of the size in front of each NAL unit
};

/// Reads an avcC or hvcC record; any bytes are safe.
/// Errors: illegal_byte_sequence. Source: ISO/IEC 14496-15 §5.3.3, §8.3.3.
Result<ParameterSets> read_parameter_sets(VideoCodec codec, std::span<const std::byte> record);

}  // namespace vsl::avformat
