// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/h264_order.hpp"

#include <algorithm>
#include <utility>

namespace vsl::h264 {

PicturePlace OrderCounter::see(std::span<const std::byte> access_unit) {
  place_.begins_again = false;
  field_.reset();
  NalScanner nals(access_unit);
  while (const auto nal = nals.next()) {
    switch (nal_kind(VideoCodec::h264, *nal)) {
      case NalKind::sps:
        if (auto sps = parse_sps(*nal)) sps_[sps->info.id] = std::move(sps);
        break;
      case NalKind::pps:
        if (auto pps = parse_pps(*nal)) pps_[pps->id] = pps;
        break;
      case NalKind::slice:
      case NalKind::key_slice:
        see_slice(*nal);
        break;
      default:
        break;
    }
  }
  return place_;
}

// The first slice of a frame, or of each field, tells everything.
void OrderCounter::see_slice(std::span<const std::byte> nal) {
  const auto pps_id = slice_pps_id(nal);
  const Pps* pps = pps_id && pps_[*pps_id] ? &*pps_[*pps_id] : nullptr;
  const Sps* sps = pps != nullptr && sps_[pps->sps_id] ? &*sps_[pps->sps_id] : nullptr;
  const auto head = sps != nullptr ? parse_slice(nal, *sps, *pps) : std::nullopt;
  if (!head) return;  // it takes the place after the picture before
  const bool first = !field_;
  if (!first && !(head->field && head->bottom != field_->bottom)) return;
  field_ = head;
  const bool reset = resets_order(nal, *sps, *pps);
  Counts counts = count(*head, *sps);
  // Behind the operation the picture counts as the first of what follows.
  const std::int64_t least = std::min(counts.top, counts.bottom);
  if (reset) counts = {counts.top - least, counts.bottom - least};
  const std::int64_t order = std::min(counts.top, counts.bottom);
  place_.order = first ? order : std::min(place_.order, order);
  place_.begins_again = place_.begins_again || head->idr || reset;
  remember(*head, counts, reset);
}

OrderCounter::Counts OrderCounter::count(const SliceHead& head, const Sps& sps) {
  if (head.idr) {
    order_msb_ = order_lsb_ = frame_offset_ = 0;
  } else if (frame_num_ > head.frame_num) {
    constexpr std::int64_t kMost = INT32_MAX;  // years of pictures; it only has to end somewhere
    frame_offset_ = (frame_offset_ + (std::int64_t{1} << sps.frame_num_bits)) & kMost;
  }
  Counts counts = sps.order_type == 0   ? count_by_lsb(head, sps)
                  : sps.order_type == 1 ? count_by_cycle(head, sps)
                                        : count_by_number(head);
  if (head.field)
    counts = head.bottom ? Counts{counts.bottom, counts.bottom} : Counts{counts.top, counts.top};
  return counts;
}

OrderCounter::Counts OrderCounter::count_by_lsb(const SliceHead& head, const Sps& sps) {
  const std::int64_t range = std::int64_t{1} << sps.order_bits, lsb = head.order_lsb;
  std::int64_t msb = order_msb_;
  if (lsb < order_lsb_ && order_lsb_ - lsb >= range / 2) {
    msb += range;
  } else if (lsb > order_lsb_ && lsb - order_lsb_ > range / 2) {
    msb -= range;
  }
  if (head.reference) {
    order_msb_ = msb;
    order_lsb_ = lsb;
  }
  return {msb + lsb, msb + lsb + head.order_delta_bottom};
}

OrderCounter::Counts OrderCounter::count_by_cycle(const SliceHead& head, const Sps& sps) const {
  const auto length = static_cast<std::int64_t>(sps.order_cycle.size());
  std::int64_t number = length > 0 ? frame_offset_ + head.frame_num : 0;
  if (!head.reference && number > 0) --number;
  std::int64_t expected = 0;
  if (number > 0) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < length; ++i) {
      sum += sps.order_cycle[static_cast<std::size_t>(i)];
      if (i == (number - 1) % length) expected += sum;
    }
    expected += (number - 1) / length * sum;
  }
  if (!head.reference) expected += sps.order_offset_unreferenced;
  const std::int64_t top = expected + head.order_delta_0;
  return {top, top + sps.order_offset_bottom + head.order_delta_1};
}

OrderCounter::Counts OrderCounter::count_by_number(const SliceHead& head) const {
  const std::int64_t twice = 2 * (frame_offset_ + head.frame_num);
  const std::int64_t order = head.reference || head.idr ? twice : twice - 1;
  return {order, order};
}

void OrderCounter::remember(const SliceHead& head, const Counts& counts, bool reset) {
  frame_num_ = reset ? 0 : head.frame_num;
  if (!reset) return;
  frame_offset_ = order_msb_ = 0;
  order_lsb_ = head.bottom ? 0 : counts.top;
}

}  // namespace vsl::h264
