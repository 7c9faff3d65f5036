// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/sequence_info.hpp"

namespace vsl::h264 {

inline constexpr std::uint32_t kMaxSpsId = 31, kMaxPpsId = 255;

/// A sequence parameter set: what outsiders ask for, and what slice headers need to be read.
struct Sps {
  SequenceInfo info;
  bool separate_planes = false;
  bool frames_only = true;
  bool delta_order_always_zero = false;
  std::uint8_t frame_num_bits = 4, order_bits = 4;
  std::uint8_t order_type = 0;  ///< pic_order_cnt_type
  // Of type 1: what is added to the count of a picture that nothing refers to, of a bottom field,
  // and from one reference to the next.
  std::int32_t order_offset_unreferenced = 0, order_offset_bottom = 0;
  std::vector<std::int32_t> order_cycle;
};

struct Pps {
  std::uint32_t id = 0, sps_id = 0;
  bool order_in_frame = false;  ///< bottom_field_pic_order_in_frame_present_flag
  // What a reader of slice headers needs to get behind the order count.
  bool whole = false;  ///< the fields that follow are known
  std::array<std::uint32_t, 2> references{1, 1};
  bool weighted_p = false, weighted_b = false;  ///< with weights in the slices
  bool redundant_count = false;
};

/// The fields of a slice header that tell one picture from the next.
struct SliceHead {
  std::uint32_t first_macroblock = 0, pps_id = 0, frame_num = 0, idr_id = 0, order_lsb = 0;
  std::int32_t order_delta_bottom = 0, order_delta_0 = 0, order_delta_1 = 0;
  bool idr = false, reference = false, field = false, bottom = false;
  bool second = false;  ///< of the second field of a frame; whoever puts slices in a row knows
};

/// Each takes a NAL unit without start code; any bytes are safe; nothing when they are not whole.
std::optional<Sps> parse_sps(std::span<const std::byte> nal);
std::optional<Pps> parse_pps(std::span<const std::byte> nal);
/// The parameter set that a slice refers to; all that can be read of it without one.
std::optional<std::uint32_t> slice_pps_id(std::span<const std::byte> nal);
std::optional<SliceHead> parse_slice(std::span<const std::byte> nal, const Sps& sps,
                                     const Pps& pps);

/// Whether a slice carries memory_management_control_operation 5: all pictures before are shown
/// first, and order counts and frame numbers begin again behind it.
bool resets_order(std::span<const std::byte> nal, const Sps& sps, const Pps& pps);

/// Whether `next` begins another frame than that of `previous`; the second field of a frame does
/// not. Source: Rec. ITU-T H.264 §7.4.1.2.4.
bool begins_frame(const SliceHead& previous, const SliceHead& next, const Sps& sps);

}  // namespace vsl::h264
