// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/h264_syntax.hpp"
#include "media/picture_order.hpp"

namespace vsl::h264 {

/// The order counts of a stream's pictures. Source: Rec. ITU-T H.264 §8.2.1.
class OrderCounter {
 public:
  /// Takes access units with their parameter sets, in decoding order.
  PicturePlace see(std::span<const std::byte> access_unit);

 private:
  /// Of a frame, or of a field: then one of the two is that of the other field, or none.
  struct Counts {
    std::int64_t top = 0, bottom = 0;
  };
  void see_slice(std::span<const std::byte> nal);
  Counts count(const SliceHead& head, const Sps& sps);
  Counts count_by_lsb(const SliceHead& head, const Sps& sps);
  Counts count_by_cycle(const SliceHead& head, const Sps& sps) const;
  Counts count_by_number(const SliceHead& head) const;
  void remember(const SliceHead& head, const Counts& counts, bool reset);

  std::vector<std::optional<Sps>> sps_{kMaxSpsId + 1};
  std::vector<std::optional<Pps>> pps_{kMaxPpsId + 1};
  PicturePlace place_;                             // of the access unit that is looked at
  std::optional<SliceHead> field_;                 // the slice before it in this access unit
  std::int64_t order_msb_ = 0, order_lsb_ = 0;     // of the reference picture before
  std::int64_t frame_offset_ = 0, frame_num_ = 0;  // of the picture before
};

}  // namespace vsl::h264
