// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "media/nal.hpp"
#include "videostream/result.hpp"

namespace vsl::avformat {

/// Finds out in which order the pictures of an elementary stream are shown. Such a stream has no
/// time stamps: all it has is the picture order count in its slices.
class DisplayOrder {
 public:
  /// Errors: not_supported (FFmpeg was built without a parser for this codec).
  static Result<DisplayOrder> create(VideoCodec codec);
  DisplayOrder(DisplayOrder&&) noexcept;
  DisplayOrder& operator=(DisplayOrder&&) noexcept;
  ~DisplayOrder();

  /// Takes the access units that have pictures, in their order in the stream.
  void add(std::span<const std::byte> access_unit, bool key);

  struct Times {
    std::vector<std::int64_t> shown;  ///< when each picture is shown, counted in pictures from 0
    std::int64_t delay = 0;           ///< pictures that decoding has to be ahead of showing
  };
  Times finish() const;

 private:
  struct Impl;
  explicit DisplayOrder(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl::avformat
