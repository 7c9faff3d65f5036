// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "media/sequence_info.hpp"

namespace vsl::hevc {

inline constexpr std::uint32_t kMaxSpsId = 15, kMaxPpsId = 63;

/// A sequence parameter set: what outsiders ask for, and what slice headers need to be read.
struct Sps {
  SequenceInfo info;
  unsigned order_bits = 4;  ///< of the order count in slices
  bool separate_planes = false;
};

struct Pps {
  std::uint32_t id = 0, sps_id = 0;
  bool output_flag = false;  ///< slices say whether the picture is shown
  unsigned extra_bits = 0;
};

/// Each takes a NAL unit without start code; any bytes are safe; nothing when it is not whole.
std::optional<Sps> parse_sps(std::span<const std::byte> nal);
std::optional<Pps> parse_pps(std::span<const std::byte> nal);
/// The parameter set that a slice refers to; all that can be read of it without one.
std::optional<std::uint32_t> slice_pps_id(std::span<const std::byte> nal);
/// The low bits of the picture's order count, of its first slice.
std::optional<std::uint32_t> slice_order_lsb(std::span<const std::byte> nal, const Sps& sps,
                                             const Pps& pps);

/// first_slice_segment_in_pic_flag of a slice. Source: Rec. ITU-T H.265 §7.3.6.1.
bool begins_picture(std::span<const std::byte> slice);

}  // namespace vsl::hevc
