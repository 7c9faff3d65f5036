// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>
#include <span>

#include "media/sequence_info.hpp"

namespace vsl::hevc {

/// Takes a NAL unit without start code; any bytes are safe; nothing when it is not whole.
std::optional<SequenceInfo> parse_sps(std::span<const std::byte> nal);

/// first_slice_segment_in_pic_flag of a slice. Source: Rec. ITU-T H.265 §7.3.6.1.
bool begins_picture(std::span<const std::byte> slice);

}  // namespace vsl::hevc
