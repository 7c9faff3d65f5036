// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/hevc_order.hpp"

#include <utility>

namespace vsl::hevc {
namespace {

// Types of NAL units, Rec. ITU-T H.265 table 7-1.
constexpr unsigned kLastSubLayer = 14, kRadlN = 6, kRaslN = 8, kRaslR = 9;
constexpr unsigned kFirstIrap = 16, kCra = 21, kLastIrap = 23;
constexpr unsigned kEndOfSequence = 36, kEndOfStream = 37;

unsigned type_of(std::span<const std::byte> nal) {
  return std::to_integer<unsigned>(nal[0]) >> 1 & 0x3f;
}

// Whether the order counts of later pictures are compared with this one's.
bool is_anchor(std::span<const std::byte> nal, unsigned type) {
  const unsigned temporal_layer = (std::to_integer<unsigned>(nal[1]) & 7) - 1;
  const bool leading = type >= kRadlN && type <= kRaslR;
  const bool unreferenced = type <= kLastSubLayer && type % 2 == 0;
  return temporal_layer == 0 && !leading && !unreferenced;
}

}  // namespace

PicturePlace OrderCounter::see(std::span<const std::byte> access_unit) {
  place_.begins_again = false;
  any_slice_ = false;
  NalScanner nals(access_unit);
  while (const auto nal = nals.next()) {
    if (nal->size() < nal_header_bytes(VideoCodec::hevc)) continue;
    switch (nal_kind(VideoCodec::hevc, *nal)) {
      case NalKind::sps:
        if (auto sps = parse_sps(*nal)) sps_[sps->info.id] = sps;
        break;
      case NalKind::pps:
        if (const auto pps = parse_pps(*nal)) pps_[pps->id] = pps;
        break;
      case NalKind::slice:
      case NalKind::key_slice:
        if (!std::exchange(any_slice_, true)) see_slice(*nal);
        break;
      default:
        sequence_ends_ =
            sequence_ends_ || type_of(*nal) == kEndOfSequence || type_of(*nal) == kEndOfStream;
    }
  }
  return place_;
}

void OrderCounter::see_slice(std::span<const std::byte> nal) {
  const unsigned type = type_of(nal);
  const bool irap = type >= kFirstIrap && type <= kLastIrap;
  const bool ends = sequence_ends_;
  if (irap) sequence_ends_ = false;
  // The sequence begins anew, and pictures that refer to what was before are not shown.
  const bool begins = irap && (ends || type < kCra);
  place_.begins_again = begins;
  place_.leading = type == kRaslN || type == kRaslR;
  const auto pps_id = slice_pps_id(nal);
  const Pps* pps = pps_id && pps_[*pps_id] ? &*pps_[*pps_id] : nullptr;
  const Sps* sps = pps != nullptr && sps_[pps->sps_id] ? &*sps_[pps->sps_id] : nullptr;
  const auto lsb = sps != nullptr ? slice_order_lsb(nal, *sps, *pps) : std::nullopt;
  if (!lsb) return;  // it takes the place after the picture before
  const std::int64_t range = std::int64_t{1} << sps->order_bits;
  const std::int64_t before = order_ & (range - 1);
  std::int64_t msb = begins ? 0 : order_ - before;
  if (!begins && *lsb < before && before - *lsb >= range / 2) msb += range;
  if (!begins && *lsb > before && *lsb - before > range / 2) msb -= range;
  place_.order = msb + *lsb;
  if (is_anchor(nal, type)) order_ = place_.order;
}

}  // namespace vsl::hevc
