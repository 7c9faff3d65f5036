// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/hevc_syntax.hpp"

#include <array>

#include "media/bit_reader.hpp"
#include "media/vui.hpp"

namespace vsl::hevc {
namespace {

constexpr std::size_t kHeaderBytes = nal_header_bytes(VideoCodec::hevc);
// Level 6.2: √(8 × 35651584) pixels a side.
constexpr std::uint32_t kMaxSidePx = 16888;
constexpr unsigned kMaxSubLayers = 7;
constexpr unsigned kMaxShortTermSets = 64, kMaxPictures = 16;

// profile_tier_level(1, max_sub_layers_minus1), §7.3.3
void read_profile(BitReader& bits, SequenceInfo& info, unsigned sub_layers) {
  bits.skip(3);  // profile space, tier
  info.profile = bits.bits(5);
  bits.skip(32 + 48);  // compatibility and constraint flags
  info.level = bits.bits(8);
  std::array<bool, kMaxSubLayers> has_profile{}, has_level{};
  for (unsigned i = 0; i + 1 < sub_layers; ++i) {
    has_profile[i] = bits.flag();
    has_level[i] = bits.flag();
  }
  if (sub_layers > 1) bits.skip(2 * (9 - sub_layers));
  for (unsigned i = 0; i + 1 < sub_layers; ++i) {
    if (has_profile[i]) bits.skip(88);
    if (has_level[i]) bits.skip(8);
  }
}

void read_size(BitReader& bits, Sps& sps) {
  constexpr std::uint32_t k444 = 3;
  SequenceInfo& info = sps.info;
  info.chroma = bits.golomb_up_to(k444);
  sps.separate_planes = info.chroma == k444 && bits.flag();
  info.coded_width_px = bits.golomb_up_to(kMaxSidePx);
  info.coded_height_px = bits.golomb_up_to(kMaxSidePx);
  if (info.coded_width_px == 0 || info.coded_height_px == 0) bits.fail();
  info.visible = {0, 0, static_cast<std::int32_t>(info.coded_width_px),
                  static_cast<std::int32_t>(info.coded_height_px)};
  if (!bits.ok() || !bits.flag()) return;
  const bool half_width = !sps.separate_planes && (info.chroma == 1 || info.chroma == 2);
  read_crop(bits, info, half_width ? 2 : 1, !sps.separate_planes && info.chroma == 1 ? 2 : 1);
}

// scaling_list_data(), §7.3.4
void skip_scaling_lists(BitReader& bits) {
  for (unsigned size = 0; size < 4; ++size) {
    for (unsigned matrix = 0; matrix < 6 && bits.ok(); matrix += size == 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.golomb();  // scaling_list_pred_matrix_id_delta
        continue;
      }
      if (size > 1) bits.signed_golomb();  // dc coefficient
      const unsigned coefficients = size == 0 ? 16 : 64;
      for (unsigned i = 0; i < coefficients && bits.ok(); ++i) bits.signed_golomb();
    }
  }
}

// One st_ref_pic_set(), §7.3.7. How many pictures it has depends on the set before it.
void skip_short_term_set(BitReader& bits, unsigned index, unsigned& pictures) {
  if (index != 0 && bits.flag()) {
    bits.skip(1);   // delta_rps_sign
    bits.golomb();  // abs_delta_rps_minus1
    unsigned kept = 0;
    for (unsigned i = 0; i <= pictures && bits.ok(); ++i) {
      const bool used = bits.flag();
      if (used || bits.flag()) ++kept;
    }
    pictures = kept;
  } else {
    pictures = bits.golomb_up_to(kMaxPictures);
    pictures += bits.golomb_up_to(kMaxPictures);
    for (unsigned i = 0; i < pictures && bits.ok(); ++i) {
      bits.golomb();  // delta_poc_minus1
      bits.skip(1);   // used_by_curr_pic_flag
    }
  }
  if (pictures > kMaxPictures) bits.fail();
}

void skip_coding_tools(BitReader& bits) {
  for (int i = 0; i < 6; ++i) bits.golomb();  // block sizes and transform depths
  if (bits.flag() && bits.flag()) skip_scaling_lists(bits);
  bits.skip(2);  // amp, sao
  if (bits.flag()) {
    bits.skip(8);  // PCM bit depths
    bits.golomb();
    bits.golomb();
    bits.skip(1);
  }
  const unsigned sets = bits.golomb_up_to(kMaxShortTermSets);
  unsigned pictures = 0;
  for (unsigned i = 0; i < sets && bits.ok(); ++i) skip_short_term_set(bits, i, pictures);
}

void skip_reference_tools(BitReader& bits, unsigned order_bits) {
  constexpr std::uint32_t kMaxLongTerm = 32;
  if (bits.flag()) {
    const std::uint32_t count = bits.golomb_up_to(kMaxLongTerm);
    for (std::uint32_t i = 0; i < count && bits.ok(); ++i) bits.skip(order_bits + 1);
  }
  bits.skip(2);  // temporal motion vectors, strong intra smoothing
}

void read_vui(BitReader& bits, SequenceInfo& info) {
  read_common_vui(bits, info);
  bits.skip(3);       // neutral chroma, fields, frame_field_info
  if (bits.flag()) {  // default display window
    for (int i = 0; i < 4; ++i) bits.golomb();
  }
  if (!bits.flag()) return;
  const std::uint32_t tick = bits.bits(32), scale = bits.bits(32);
  if (tick == 0) return;
  info.rate_numerator = scale;
  info.rate_denominator = tick;
}

void read_tools_and_vui(BitReader& bits, SequenceInfo& info, unsigned order_bits) {
  skip_coding_tools(bits);
  skip_reference_tools(bits, order_bits);
  if (bits.ok() && bits.flag()) read_vui(bits, info);
}

}  // namespace

std::optional<Sps> parse_sps(std::span<const std::byte> nal) {
  if (nal_kind(VideoCodec::hevc, nal) != NalKind::sps) return std::nullopt;
  BitReader bits(nal.subspan(kHeaderBytes));
  Sps sps;
  SequenceInfo& info = sps.info;
  bits.skip(4);  // sps_video_parameter_set_id
  const unsigned sub_layers = bits.bits(3) + 1;
  if (sub_layers > kMaxSubLayers) return std::nullopt;
  bits.skip(1);  // sps_temporal_id_nesting_flag
  read_profile(bits, info, sub_layers);
  constexpr std::uint32_t kMaxExtraDepth = 8, kMaxExtraOrderBits = 12;
  info.id = bits.golomb_up_to(kMaxSpsId);
  read_size(bits, sps);
  info.bit_depth = 8 + bits.golomb_up_to(kMaxExtraDepth);
  bits.golomb_up_to(kMaxExtraDepth);  // of chroma
  sps.order_bits = 4 + bits.golomb_up_to(kMaxExtraOrderBits);
  const bool for_each_layer = bits.flag();
  for (unsigned i = for_each_layer ? 0 : sub_layers - 1; i < sub_layers; ++i) {
    for (int k = 0; k < 3; ++k) bits.golomb();  // buffering, reordering, latency
  }
  if (!bits.ok()) return std::nullopt;
  // What follows changes no size: a set that is cut off there still tells the picture.
  SequenceInfo with_vui = info;
  read_tools_and_vui(bits, with_vui, sps.order_bits);
  if (bits.ok()) info = with_vui;
  return sps;
}

std::optional<Pps> parse_pps(std::span<const std::byte> nal) {
  if (nal_kind(VideoCodec::hevc, nal) != NalKind::pps) return std::nullopt;
  BitReader bits(nal.subspan(kHeaderBytes));
  Pps pps;
  pps.id = bits.golomb_up_to(kMaxPpsId);
  pps.sps_id = bits.golomb_up_to(kMaxSpsId);
  bits.skip(1);  // dependent_slice_segments_enabled_flag
  pps.output_flag = bits.flag();
  pps.extra_bits = bits.bits(3);
  return bits.ok() ? std::optional(pps) : std::nullopt;
}

std::optional<std::uint32_t> slice_pps_id(std::span<const std::byte> nal) {
  if (nal.size() <= kHeaderBytes) return std::nullopt;
  BitReader bits(nal.subspan(kHeaderBytes));
  bits.skip(1);                                                             // first in its picture
  if (nal_kind(VideoCodec::hevc, nal) == NalKind::key_slice) bits.skip(1);  // prior pictures
  const std::uint32_t id = bits.golomb_up_to(kMaxPpsId);
  return bits.ok() ? std::optional(id) : std::nullopt;
}

std::optional<std::uint32_t> slice_order_lsb(std::span<const std::byte> nal, const Sps& sps,
                                             const Pps& pps) {
  constexpr unsigned kIdrWithLeading = 19, kIdr = 20;
  if (!begins_picture(nal)) return std::nullopt;
  const unsigned type = std::to_integer<unsigned>(nal[0]) >> 1 & 0x3f;
  if (type == kIdrWithLeading || type == kIdr) return 0;
  BitReader bits(nal.subspan(kHeaderBytes));
  bits.skip(1);
  if (nal_kind(VideoCodec::hevc, nal) == NalKind::key_slice) bits.skip(1);
  bits.golomb();  // slice_pic_parameter_set_id
  bits.skip(pps.extra_bits);
  bits.golomb();  // slice_type
  if (pps.output_flag) bits.skip(1);
  if (sps.separate_planes) bits.skip(2);  // colour_plane_id
  const std::uint32_t lsb = bits.bits(sps.order_bits);
  return bits.ok() ? std::optional(lsb) : std::nullopt;
}

bool begins_picture(std::span<const std::byte> slice) {
  return slice.size() > kHeaderBytes &&
         (std::to_integer<unsigned>(slice[kHeaderBytes]) & 0x80) != 0;
}

}  // namespace vsl::hevc
