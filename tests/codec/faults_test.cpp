// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/codec/codecs.hpp"

namespace vsl {
namespace {

using test::Ability;
using test::Bytes;

class CodecFaultTest : public testing::TestWithParam<Ability> {
 protected:
  Encoder encoder(EncoderOptions options = {}) const {
    options.codec = GetParam().codec;
    options.backend = GetParam().backend;
    auto encoder = Encoder::create(options);
    EXPECT_TRUE(encoder) << encoder.error().message();
    return std::move(*encoder);
  }
  Decoder decoder() const {
    auto decoder = Decoder::create({.codec = GetParam().codec, .backend = GetParam().backend});
    EXPECT_TRUE(decoder) << decoder.error().message();
    return std::move(*decoder);
  }
  Bytes encode(std::uint32_t width_px, std::uint32_t height_px, int count) const {
    Bytes stream;
    Encoder encoder = this->encoder();
    for (int i = 0; i < count; ++i) {
      Frame picture = test::a_picture(fourcc("I420"), width_px, height_px, i);
      EXPECT_TRUE(encoder.encode(picture));
      test::take_packets(encoder, [&](Frame& packet) {
        const auto bytes = packet.plane(0);
        stream.insert(stream.end(), bytes.begin(), bytes.end());
      });
    }
    return stream;
  }
  /// Sizes of the pictures that come out, whatever goes in.
  std::vector<std::uint32_t> widths(const Bytes& stream) const {
    std::vector<std::uint32_t> widths_px;
    Decoder decoder = this->decoder();
    test::decode_stream(
        decoder, stream, [] { return std::size_t{777}; },
        [&](Frame& picture) { widths_px.push_back(picture.info().layout.width_px); });
    return widths_px;
  }
};

TEST_P(CodecFaultTest, AnEmptyStreamHasNoPictures) { EXPECT_TRUE(widths({}).empty()); }

TEST_P(CodecFaultTest, ATruncatedStreamGivesThePicturesBeforeTheCut) {
  Bytes stream = encode(192, 128, 20);
  stream.resize(stream.size() / 2);
  EXPECT_THAT(widths(stream), testing::SizeIs(testing::AllOf(testing::Ge(3u), testing::Le(20u))));
}

TEST_P(CodecFaultTest, NoDamageEndsDecodingOrTheProcess) {
  const Bytes good = encode(192, 128, 20);
  std::minstd_rand random(3);
  for (int round = 0; round < 20; ++round) {
    Bytes bad = good;
    for (int hit = 0; hit < 10; ++hit) bad[random() % bad.size()] ^= std::byte{0x55};
    EXPECT_LE(widths(bad).size(), 25u);
  }
}

TEST_P(CodecFaultTest, AStreamMayChangeItsSize) {
  Bytes stream = encode(192, 128, 5);
  const Bytes second = encode(320, 240, 5);
  stream.insert(stream.end(), second.begin(), second.end());
  EXPECT_THAT(widths(stream),
              testing::ElementsAre(192, 192, 192, 192, 192, 320, 320, 320, 320, 320));
}

TEST_P(CodecFaultTest, APictureOfAnotherSizeOrFormatIsRefusedAndTheEncoderGoesOn) {
  Encoder encoder = this->encoder();
  Frame first = test::a_picture(fourcc("NV12"), 192, 128, 0);
  Frame larger = test::a_picture(fourcc("NV12"), 320, 240, 0);
  Frame other = test::a_picture(fourcc("I420"), 192, 128, 0);
  ASSERT_TRUE(encoder.encode(first));
  for (Frame* wrong : {&larger, &other}) {
    const auto refused = encoder.encode(*wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("192x128 NV12"));
  }
  EXPECT_TRUE(encoder.encode(first));
}

TEST_P(CodecFaultTest, AnUnknownProfileIsRefusedWithThoseThereAre) {
  Encoder encoder = this->encoder({.profile = "imaginary"});
  Frame picture = test::a_picture(fourcc("I420"), 192, 128, 0);
  const auto refused = encoder.encode(picture);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("main"));
}

TEST_P(CodecFaultTest, FourTilesOfAPictureDecodeToItsQuarters) {
  constexpr std::uint32_t kWidthPx = 3840, kHeightPx = 2160;
  Frame picture = test::a_picture(fourcc("I420"), kWidthPx, kHeightPx, 3);
  for (int tile = 0; tile < 4; ++tile) {
    const Rect part{tile % 2 * 1920, tile / 2 * 1080, 1920, 1080};
    Encoder encoder = this->encoder({.rate_control = RateControl::constant_qp, .qp = 20});
    ASSERT_TRUE(encoder.encode(picture, {.crop = part}));
    auto packet = encoder.next_packet();
    ASSERT_TRUE(packet && *packet);
    Decoder decoder = this->decoder();
    ASSERT_TRUE(decoder.decode(**packet));
    ASSERT_TRUE(decoder.drain());
    auto decoded = decoder.next_picture();
    ASSERT_TRUE(decoded && *decoded);
    Bytes expected;
    const auto luma = picture.plane(0);
    for (int row = 0; row < part.height; ++row) {
      const auto at =
          static_cast<std::size_t>(part.y + row) * picture.info().layout.planes[0].stride_bytes +
          static_cast<std::size_t>(part.x);
      expected.insert(expected.end(), luma.begin() + static_cast<std::ptrdiff_t>(at),
                      luma.begin() + static_cast<std::ptrdiff_t>(at) + part.width);
    }
    Bytes pixels = test::pixels_of(**decoded);
    pixels.resize(expected.size());
    EXPECT_GT(test::psnr_db(expected, pixels), 35) << "tile " << tile;
  }
}

INSTANTIATE_TEST_SUITE_P(By, CodecFaultTest, testing::ValuesIn(test::round_trips()),
                         [](const auto& ability) {
                           return to_string(ability.param.backend) + "_" +
                                  ability.param.codec.to_string();
                         });

}  // namespace
}  // namespace vsl
