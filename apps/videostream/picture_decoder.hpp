// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <optional>

#include "videostream/codec.hpp"

namespace vsl::command {

/// Decodes the packets that `receive --decode` gets, from the first key frame on. A gap in them
/// begins anew.
class PictureDecoder {
 public:
  /// Errors: those of the decoder; damaged packets are none.
  Result<void> take(const Lease& packet, const FrameInfo& info, bool after_gap);
  /// Takes the last pictures out, after the last packet.
  Result<void> finish();
  std::uint64_t pictures() const { return pictures_; }
  std::uint64_t damaged() const { return decoder_ ? decoder_->stats().damaged : 0; }
  std::uint64_t waited() const { return waited_; }  ///< packets before the first key frame

 private:
  Result<void> count_pictures();

  std::optional<Decoder> decoder_;
  Fourcc codec_;
  bool started_ = false;
  std::uint64_t pictures_ = 0, waited_ = 0;
};

}  // namespace vsl::command
