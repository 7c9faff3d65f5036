// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/h264_syntax.hpp"

#include "media/bit_reader.hpp"
#include "media/vui.hpp"

namespace vsl::h264 {
namespace {

// Level 6.2 ends at 139264 macroblocks and √8 times as wide as high: 16880 pixels a side.
constexpr std::uint32_t kMaxSideMacroblocks = 1055;
constexpr std::uint32_t kMacroblockPx = 16;

// Rec. ITU-T H.264 §7.3.2.1.1: the profiles that carry chroma format and bit depth.
bool has_chroma_format(std::uint32_t profile) {
  switch (profile) {
    case 44:
    case 83:
    case 86:
    case 100:
    case 110:
    case 118:
    case 122:
    case 128:
    case 134:
    case 135:
    case 138:
    case 139:
    case 244:
      return true;
    default:
      return false;
  }
}

void skip_scaling_list(BitReader& bits, int size) {
  std::int32_t last = 8, next = 8;
  for (int i = 0; i < size && bits.ok(); ++i) {
    if (next == 0) continue;  // the rest of the list repeats `last`
    const std::int32_t delta = bits.signed_golomb();
    if (delta < -128 || delta > 127) return bits.fail();
    next = (last + delta) & 0xff;
    if (next != 0) last = next;
  }
}

void skip_scaling_matrix(BitReader& bits, int lists) {
  constexpr int kSmallLists = 6, kSmall = 16, kLarge = 64;
  for (int i = 0; i < lists && bits.ok(); ++i) {
    if (bits.flag()) skip_scaling_list(bits, i < kSmallLists ? kSmall : kLarge);
  }
}

void read_chroma_format(BitReader& bits, Sps& sps) {
  constexpr std::uint32_t k444 = 3, kMaxExtraDepth = 6;
  sps.info.chroma = bits.golomb_up_to(k444);
  if (sps.info.chroma == k444) sps.separate_planes = bits.flag();
  sps.info.bit_depth = 8 + bits.golomb_up_to(kMaxExtraDepth);
  bits.golomb_up_to(kMaxExtraDepth);  // of chroma
  bits.skip(1);                       // qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) skip_scaling_matrix(bits, sps.info.chroma == k444 ? 12 : 8);
}

void read_picture_order(BitReader& bits, Sps& sps) {
  constexpr std::uint32_t kMaxExtraBits = 12, kMaxCycle = 255;
  sps.order_type = static_cast<std::uint8_t>(bits.golomb_up_to(2));
  if (sps.order_type == 0) {
    sps.order_bits = static_cast<std::uint8_t>(4 + bits.golomb_up_to(kMaxExtraBits));
  } else if (sps.order_type == 1) {
    sps.delta_order_always_zero = bits.flag();
    sps.order_offset_unreferenced = bits.signed_golomb();
    sps.order_offset_bottom = bits.signed_golomb();
    const std::uint32_t cycle = bits.golomb_up_to(kMaxCycle);
    std::int64_t sum = 0;
    for (std::uint32_t i = 0; i < cycle && bits.ok(); ++i) {
      sps.order_cycle.push_back(bits.signed_golomb());
      sum += sps.order_cycle.back();
    }
    if (sum < INT32_MIN || sum > INT32_MAX) bits.fail();  // no order count is beyond that
  }
}

void read_size(BitReader& bits, Sps& sps) {
  SequenceInfo& info = sps.info;
  const std::uint32_t width = bits.golomb_up_to(kMaxSideMacroblocks - 1) + 1;
  const std::uint32_t map_units = bits.golomb_up_to(kMaxSideMacroblocks - 1) + 1;
  sps.frames_only = bits.flag();
  if (!sps.frames_only) bits.skip(1);  // mb_adaptive_frame_field_flag
  bits.skip(1);                        // direct_8x8_inference_flag
  const std::uint32_t fields = sps.frames_only ? 1 : 2;
  info.coded_width_px = width * kMacroblockPx;
  info.coded_height_px = map_units * fields * kMacroblockPx;
  info.visible = {0, 0, static_cast<std::int32_t>(info.coded_width_px),
                  static_cast<std::int32_t>(info.coded_height_px)};
  if (!bits.flag()) return;
  const bool subsampled = !sps.separate_planes && (info.chroma == 1 || info.chroma == 2);
  read_crop(bits, info, subsampled ? 2 : 1,
            (!sps.separate_planes && info.chroma == 1 ? 2 : 1) * fields);
}

// Flexible macroblock order: only to get past it.
void skip_slice_groups(BitReader& bits) {
  constexpr std::uint32_t kMaxExtraGroups = 7, kMaxMapUnits = 1U << 21;
  const std::uint32_t groups = bits.golomb_up_to(kMaxExtraGroups) + 1;
  if (groups == 1) return;
  const std::uint32_t type = bits.golomb_up_to(6);
  if (type == 0) {
    for (std::uint32_t i = 0; i < groups; ++i) bits.golomb();
  } else if (type == 2) {
    for (std::uint32_t i = 0; i < 2 * (groups - 1); ++i) bits.golomb();
  } else if (type >= 3 && type <= 5) {
    bits.skip(1);
    bits.golomb();
  } else if (type == 6) {
    const unsigned width = groups > 4 ? 3 : groups > 2 ? 2 : 1;
    const std::uint32_t units = bits.golomb_up_to(kMaxMapUnits) + 1;
    for (std::uint32_t i = 0; i < units && bits.ok(); ++i) bits.skip(width);
  }
}

void read_reference_tools(BitReader& bits, Pps& pps) {
  constexpr std::uint32_t kMaxReferences = 32;
  skip_slice_groups(bits);
  for (auto& count : pps.references) count = bits.golomb_up_to(kMaxReferences - 1) + 1;
  pps.weighted_p = bits.flag();
  pps.weighted_b = bits.bits(2) == 1;
  for (int i = 0; i < 3; ++i) bits.signed_golomb();  // quantizers
  bits.skip(2);                                      // deblocking, constrained intra
  pps.redundant_count = bits.flag();
}

void read_vui(BitReader& bits, SequenceInfo& info) {
  read_common_vui(bits, info);
  if (!bits.flag()) return;
  const std::uint32_t tick = bits.bits(32), scale = bits.bits(32);
  constexpr std::uint32_t kMaxTick = UINT32_MAX / 2;
  if (tick == 0 || tick > kMaxTick) return;
  info.rate_numerator = scale;
  info.rate_denominator = 2 * tick;  // a tick is a field
}

}  // namespace

std::optional<Sps> parse_sps(std::span<const std::byte> nal) {
  if (nal_kind(VideoCodec::h264, nal) != NalKind::sps) return std::nullopt;
  BitReader bits(nal.subspan(1));
  Sps sps;
  sps.info.profile = bits.bits(8);
  bits.skip(8);  // constraint flags
  sps.info.level = bits.bits(8);
  sps.info.id = bits.golomb_up_to(kMaxSpsId);
  if (has_chroma_format(sps.info.profile)) read_chroma_format(bits, sps);
  constexpr std::uint32_t kMaxExtraBits = 12, kMaxReferences = 16;
  sps.frame_num_bits = static_cast<std::uint8_t>(4 + bits.golomb_up_to(kMaxExtraBits));
  read_picture_order(bits, sps);
  bits.golomb_up_to(kMaxReferences);  // max_num_ref_frames
  bits.skip(1);                       // gaps_in_frame_num_value_allowed_flag
  read_size(bits, sps);
  const bool has_vui = bits.flag();
  if (!bits.ok()) return std::nullopt;
  if (!has_vui) return sps;
  // The usability information changes no picture: one that is cut off costs what it would say.
  SequenceInfo with_vui = sps.info;
  read_vui(bits, with_vui);
  if (bits.ok()) sps.info = with_vui;
  return sps;
}

std::optional<Pps> parse_pps(std::span<const std::byte> nal) {
  if (nal_kind(VideoCodec::h264, nal) != NalKind::pps) return std::nullopt;
  BitReader bits(nal.subspan(1));
  Pps pps;
  pps.id = bits.golomb_up_to(kMaxPpsId);
  pps.sps_id = bits.golomb_up_to(kMaxSpsId);
  bits.skip(1);  // entropy_coding_mode_flag
  pps.order_in_frame = bits.flag();
  if (!bits.ok()) return std::nullopt;
  // One that is cut off here still tells one picture from the next.
  Pps whole = pps;
  read_reference_tools(bits, whole);
  whole.whole = bits.ok();
  return whole.whole ? whole : pps;
}

std::optional<std::uint32_t> slice_pps_id(std::span<const std::byte> nal) {
  if (nal.empty()) return std::nullopt;
  BitReader bits(nal.subspan(1));
  bits.golomb();  // first_mb_in_slice
  bits.golomb();  // slice_type
  const std::uint32_t id = bits.golomb_up_to(kMaxPpsId);
  return bits.ok() ? std::optional(id) : std::nullopt;
}

}  // namespace vsl::h264
