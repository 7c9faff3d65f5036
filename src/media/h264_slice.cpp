// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/bit_reader.hpp"
#include "media/h264_syntax.hpp"

namespace vsl::h264 {
namespace {

enum class SliceType : std::uint8_t { p, b, i, sp, si };

bool is_intra(SliceType type) { return type == SliceType::i || type == SliceType::si; }

SliceType read_head(BitReader& bits, std::span<const std::byte> nal, const Sps& sps, const Pps& pps,
                    SliceHead& head) {
  head.idr = nal_kind(VideoCodec::h264, nal) == NalKind::key_slice;
  head.reference = (std::to_integer<unsigned>(nal[0]) >> 5 & 3) != 0;
  head.first_macroblock = bits.golomb();
  const auto type = static_cast<SliceType>(bits.golomb_up_to(9) % 5);
  head.pps_id = bits.golomb_up_to(kMaxPpsId);
  if (sps.separate_planes) bits.skip(2);  // colour_plane_id
  head.frame_num = bits.bits(sps.frame_num_bits);
  if (!sps.frames_only) head.field = bits.flag();
  if (head.field) head.bottom = bits.flag();
  if (head.idr) head.idr_id = bits.golomb();
  if (sps.order_type == 0) {
    head.order_lsb = bits.bits(sps.order_bits);
    if (pps.order_in_frame && !head.field) head.order_delta_bottom = bits.signed_golomb();
  } else if (sps.order_type == 1 && !sps.delta_order_always_zero) {
    head.order_delta_0 = bits.signed_golomb();
    if (pps.order_in_frame && !head.field) head.order_delta_1 = bits.signed_golomb();
  }
  return type;
}

// ref_pic_list_modification(), §7.3.3.1
void skip_list_changes(BitReader& bits, int lists) {
  constexpr std::uint32_t kEnd = 3;
  for (int list = 0; list < lists; ++list) {
    if (!bits.flag()) continue;
    while (bits.ok() && bits.golomb_up_to(kEnd) != kEnd) bits.golomb();
  }
}

// pred_weight_table(), §7.3.3.2
void skip_weights(BitReader& bits, const Sps& sps, const std::array<std::uint32_t, 2>& references,
                  int lists) {
  const bool chroma = sps.info.chroma != 0 && !sps.separate_planes;
  bits.golomb();
  if (chroma) bits.golomb();
  for (int list = 0; list < lists; ++list) {
    for (std::uint32_t i = 0; i < references[static_cast<std::size_t>(list)] && bits.ok(); ++i) {
      if (bits.flag()) {
        for (int k = 0; k < 2; ++k) bits.signed_golomb();
      }
      if (chroma && bits.flag()) {
        for (int k = 0; k < 4; ++k) bits.signed_golomb();
      }
    }
  }
}

// What stands between the order count and dec_ref_pic_marking().
void skip_to_marking(BitReader& bits, SliceType type, const Sps& sps, const Pps& pps) {
  constexpr std::uint32_t kMaxReferences = 32;
  if (pps.redundant_count) bits.golomb();
  if (type == SliceType::b) bits.skip(1);  // direct_spatial_mv_pred_flag
  if (is_intra(type)) return;
  const int lists = type == SliceType::b ? 2 : 1;
  auto references = pps.references;
  if (bits.flag()) {
    for (int i = 0; i < lists; ++i) {
      references[static_cast<std::size_t>(i)] = bits.golomb_up_to(kMaxReferences - 1) + 1;
    }
  }
  skip_list_changes(bits, lists);
  const bool weights = type == SliceType::b ? pps.weighted_b : pps.weighted_p;
  if (weights) skip_weights(bits, sps, references, lists);
}

// dec_ref_pic_marking() of a picture that is no IDR, §7.3.3.3
bool marking_resets_order(BitReader& bits) {
  constexpr std::uint32_t kEnd = 0, kTwoNumbers = 3, kReset = 5, kMax = 6;
  if (!bits.flag()) return false;
  bool reset = false;
  while (bits.ok()) {
    const std::uint32_t operation = bits.golomb_up_to(kMax);
    if (operation == kEnd) break;
    reset = reset || operation == kReset;
    if (operation != kReset) bits.golomb();
    if (operation == kTwoNumbers) bits.golomb();
  }
  return reset && bits.ok();
}

}  // namespace

std::optional<SliceHead> parse_slice(std::span<const std::byte> nal, const Sps& sps,
                                     const Pps& pps) {
  if (nal.empty()) return std::nullopt;
  BitReader bits(nal.subspan(1));
  SliceHead head;
  read_head(bits, nal, sps, pps, head);
  return bits.ok() ? std::optional(head) : std::nullopt;
}

bool resets_order(std::span<const std::byte> nal, const Sps& sps, const Pps& pps) {
  if (nal.empty() || !pps.whole) return false;
  BitReader bits(nal.subspan(1));
  SliceHead head;
  const SliceType type = read_head(bits, nal, sps, pps, head);
  if (head.idr || !head.reference) return false;
  skip_to_marking(bits, type, sps, pps);
  return bits.ok() && marking_resets_order(bits);
}

bool begins_frame(const SliceHead& previous, const SliceHead& next, const Sps& sps) {
  const bool second_field = previous.field && !previous.second && next.field &&
                            previous.bottom != next.bottom &&
                            previous.frame_num == next.frame_num && !(next.idr && !previous.idr);
  if (second_field) return false;
  if (previous.frame_num != next.frame_num || previous.pps_id != next.pps_id) return true;
  if (previous.field != next.field || previous.bottom != next.bottom) return true;
  if (previous.idr != next.idr || previous.reference != next.reference) return true;
  if (next.idr && previous.idr_id != next.idr_id) return true;
  if (sps.order_type == 0) {
    return previous.order_lsb != next.order_lsb ||
           previous.order_delta_bottom != next.order_delta_bottom;
  }
  if (sps.order_type == 1) {
    return previous.order_delta_0 != next.order_delta_0 ||
           previous.order_delta_1 != next.order_delta_1;
  }
  // Type 2 says no more: two pictures that nothing refers to can look alike but for this.
  return next.first_macroblock == 0;
}

}  // namespace vsl::h264
