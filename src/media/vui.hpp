// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "media/bit_reader.hpp"
#include "media/sequence_info.hpp"

namespace vsl {

/// The part of the video usability information that H.264 and HEVC share: from the pixel aspect
/// ratio to the chroma sample position. Source: Rec. ITU-T H.264 §E.1.1, H.265 §E.2.1.
void read_common_vui(BitReader& bits, SequenceInfo& info);

/// The crop offsets, in units of `unit_x`, `unit_y` pixels, taken off the coded size. More than
/// there is makes the reader fail.
void read_crop(BitReader& bits, SequenceInfo& info, std::uint32_t unit_x, std::uint32_t unit_y);

}  // namespace vsl
