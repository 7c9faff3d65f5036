// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "picture_decoder.hpp"

namespace vsl::command {

Result<void> PictureDecoder::take(const Lease& packet, const FrameInfo& info, bool after_gap) {
  if (!decoder_ || info.layout.fourcc != codec_) {
    codec_ = info.layout.fourcc;
    started_ = false;
    VSL_TRY(decoder_, Decoder::create({.codec = codec_, .low_latency = true}));
  }
  if (after_gap) started_ = false;  // what is missing would show in every picture that follows
  started_ = started_ || info.key_frame;
  if (!started_) {
    ++waited_;
    return {};
  }
  VSL_CHECK(decoder_->decode(packet));
  return count_pictures();
}

Result<void> PictureDecoder::finish() {
  if (!decoder_) return {};
  VSL_CHECK(decoder_->drain());
  return count_pictures();
}

Result<void> PictureDecoder::count_pictures() {
  for (;;) {
    VSL_TRY(const auto picture, decoder_->next_picture());
    if (!picture) return {};
    ++pictures_;
  }
}

}  // namespace vsl::command
