// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "media/h264_order.hpp"
#include "media/hevc_order.hpp"

namespace vsl::avformat {

/// Finds out in which order the pictures of an elementary stream are shown. Such a stream has no
/// time stamps: all it has is the picture order count in its slices.
class DisplayOrder {
 public:
  explicit DisplayOrder(VideoCodec codec);

  /// Takes the access units in their order in the stream.
  void add(std::span<const std::byte> access_unit, bool has_picture);

  struct Times {
    std::vector<std::int64_t>
        shown;               ///< when each picture is shown, counted in pictures; those
                             ///< below 0 cannot be: the stream begins behind what they need
    std::int64_t delay = 0;  ///< pictures that decoding has to be ahead of showing
  };
  Times finish() const;

 private:
  std::variant<h264::OrderCounter, hevc::OrderCounter> counter_;
  std::vector<PicturePlace> places_;
};

}  // namespace vsl::avformat
