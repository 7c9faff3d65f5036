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
  /// Access units of so many pictures.
  std::vector<Bytes> encode(const test::Size& size, int count) const {
    std::vector<Bytes> units;
    Encoder encoder = this->encoder();
    const auto keep = [&](Frame& packet) {
      const auto bytes = packet.plane(0);
      units.emplace_back(bytes.begin(), bytes.end());
    };
    for (int i = 0; i < count; ++i) {
      Frame picture = test::a_picture(fourcc("I420"), size.width_px, size.height_px, i);
      EXPECT_TRUE(encoder.encode(picture));
      test::take_packets(encoder, keep);
    }
    EXPECT_TRUE(encoder.drain());
    test::take_packets(encoder, keep);
    return units;
  }
  /// Sizes of the pictures that come out, whatever goes in.
  std::vector<std::uint32_t> widths(const std::vector<Bytes>& units) const {
    std::vector<std::uint32_t> widths_px;
    const auto note = [&](Frame& picture) { widths_px.push_back(picture.info().layout.width_px); };
    Decoder decoder = this->decoder();
    if (!GetParam().is_a_stream()) {
      decode_units(decoder, units, note);
      return widths_px;
    }
    Bytes stream;
    for (const Bytes& unit : units) stream.insert(stream.end(), unit.begin(), unit.end());
    test::decode_stream(
        decoder, stream, [] { return std::size_t{777}; }, note);
    return widths_px;
  }
  static void decode_units(Decoder& decoder, const std::vector<Bytes>& units,
                           const test::TakePicture& take) {
    for (const Bytes& unit : units) {
      ASSERT_TRUE(decoder.decode_unit(unit));
      test::take_pictures(decoder, take);
    }
    ASSERT_TRUE(decoder.drain());
    test::take_pictures(decoder, take);
  }

  const test::Size size_ = GetParam().at_least(192, 128);
  const test::Size larger_ = GetParam().at_least(320, 240).width_px > size_.width_px
                                 ? GetParam().at_least(320, 240)
                                 : test::Size{800, 600};
};

TEST_P(CodecFaultTest, AnEmptyStreamHasNoPictures) { EXPECT_TRUE(widths({}).empty()); }

TEST_P(CodecFaultTest, ATruncatedStreamGivesThePicturesBeforeTheCut) {
  auto units = encode(size_, 20);
  units.resize(units.size() / 2);
  units.back().resize(units.back().size() / 2);
  EXPECT_THAT(widths(units), testing::SizeIs(testing::AllOf(testing::Ge(3u), testing::Le(20u))));
}

TEST_P(CodecFaultTest, NoDamageEndsDecodingOrTheProcess) {
  const auto good = encode(size_, 20);
  std::minstd_rand random(3);
  const int rounds = GetParam().is_a_stream() ? 20 : 5;
  for (int round = 0; round < rounds; ++round) {
    auto bad = good;
    for (int hit = 0; hit < 10; ++hit) {
      Bytes& unit = bad[random() % bad.size()];
      unit[random() % unit.size()] ^= std::byte{0x55};
    }
    EXPECT_LE(widths(bad).size(), 25u);
  }
}

TEST_P(CodecFaultTest, AStreamMayChangeItsSize) {
  auto units = encode(size_, 5);
  auto second = encode(larger_, 5);
  std::move(second.begin(), second.end(), std::back_inserter(units));
  std::vector<std::uint32_t> expected(5, size_.width_px);
  expected.insert(expected.end(), 5, larger_.width_px);
  EXPECT_EQ(widths(units), expected);
}

TEST_P(CodecFaultTest, APictureOfAnotherSizeOrFormatIsRefusedAndTheEncoderGoesOn) {
  Encoder encoder = this->encoder();
  Frame first = test::a_picture(fourcc("NV12"), size_.width_px, size_.height_px, 0);
  Frame larger = test::a_picture(fourcc("NV12"), larger_.width_px, larger_.height_px, 0);
  Frame other = test::a_picture(fourcc("I420"), size_.width_px, size_.height_px, 0);
  const std::string shape =
      std::to_string(size_.width_px) + "x" + std::to_string(size_.height_px) + " NV12";
  ASSERT_TRUE(encoder.encode(first));
  for (Frame* wrong : {&larger, &other}) {
    const auto refused = encoder.encode(*wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr(shape));
  }
  EXPECT_TRUE(encoder.encode(first));
}

TEST_P(CodecFaultTest, AnUnknownProfileIsRefusedWithThoseThereAreIfAny) {
  Encoder encoder = this->encoder({.profile = "imaginary"});
  Frame picture = test::a_picture(fourcc("I420"), size_.width_px, size_.height_px, 0);
  const auto refused = encoder.encode(picture);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(),
              testing::HasSubstr(GetParam().is_a_stream() ? "main" : "imaginary"));
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
    Bytes expected = test::pixels_of(picture, part), pixels = test::pixels_of(**decoded);
    ASSERT_EQ(pixels.size(), expected.size());
    for (Bytes* bytes : {&expected, &pixels}) {
      bytes->resize(std::size_t{1920} * 1080);  // luma: decoders have their own ways with chroma
    }
    EXPECT_GT(test::psnr_db(expected, pixels), GetParam().is_a_stream() ? 35 : 30)
        << "tile " << tile;
  }
}

INSTANTIATE_TEST_SUITE_P(By, CodecFaultTest, testing::ValuesIn(test::round_trips()), test::name_of);

}  // namespace
}  // namespace vsl
