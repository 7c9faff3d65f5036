// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media/hevc_syntax.hpp"
#include "media/picture_order.hpp"

namespace vsl::hevc {

/// The order counts of a stream's pictures. Source: Rec. ITU-T H.265 §8.3.1.
class OrderCounter {
 public:
  /// Takes access units with their parameter sets, in decoding order.
  PicturePlace see(std::span<const std::byte> access_unit);

 private:
  void see_slice(std::span<const std::byte> nal);

  std::vector<std::optional<Sps>> sps_{kMaxSpsId + 1};
  std::vector<std::optional<Pps>> pps_{kMaxPpsId + 1};
  PicturePlace place_;         // of the access unit that is looked at
  bool any_slice_ = false;     // in it
  bool sequence_ends_ = true;  // the next picture is the first of a sequence
  std::int64_t order_ = 0;     // of the picture that the next one's count is compared with
};

}  // namespace vsl::hevc
