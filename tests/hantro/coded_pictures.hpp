// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <vector>

#include "tests/codec/codecs.hpp"

/// Pictures there and back through the Hantro backend.
namespace vsl::test {

constexpr std::uint32_t kWidthPx = 128, kHeightPx = 96;
constexpr CodecBackend kHantro = CodecBackend::hantro;

/// U and V differ, so that nobody takes one for the other.
Frame a_picture(int number, Fourcc format = fourcc("NV12"));

struct Coded {
  std::vector<Frame> packets;
  std::vector<Bytes> pictures;  // that went in
  EncoderStats stats;
};
/// `heap`: of pictures in memory that the encoder reads as it is.
Coded encode(int count, const EncoderOptions& wanted = {}, bool heap = false,
             Fourcc format = fourcc("NV12"));

Decoder a_decoder();
void decode(Decoder& decoder, std::vector<Frame>& packets, const TakePicture& take);
/// That they decode, one for each that went in, and look alike.
void expect_pictures(Coded& coded);

}  // namespace vsl::test
