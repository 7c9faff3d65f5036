// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/codec/codecs.hpp"

namespace vsl {
namespace {

using test::Ability;

constexpr int kPictures = 30;
constexpr std::int64_t kPictureNs = 33'333'333;

class RoundTripTest : public testing::TestWithParam<Ability> {
 protected:
  EncoderOptions encoder_options() const {
    return {.codec = GetParam().codec, .bitrate_bps = 2'000'000, .backend = GetParam().backend};
  }
  Decoder decoder() const {
    auto decoder = Decoder::create({.codec = GetParam().codec, .backend = GetParam().backend});
    EXPECT_TRUE(decoder) << decoder.error().message();
    return std::move(*decoder);
  }

  // Whether the backend can do that at all.
  bool takes(const EncoderOptions& options) const {
    auto encoder = Encoder::create(options);
    Frame picture = test::a_picture(fourcc("I420"), size_.width_px, size_.height_px, 0);
    if (!encoder) return false;
    const auto taken = encoder->encode(picture);
    return taken || taken.error().code != std::errc::not_supported;
  }

  // Encodes `count` pictures of a format to the end; packets in the order they come.
  std::vector<Frame> encode(const EncoderOptions& options, int count = kPictures,
                            Fourcc format = fourcc("I420")) {
    std::vector<Frame> packets;
    auto encoder = Encoder::create(options);
    EXPECT_TRUE(encoder) << encoder.error().message();
    const auto keep = [&](Frame& packet) { packets.push_back(std::move(packet)); };
    for (int i = 0; i < count; ++i) {
      Frame picture = test::a_picture(format, size_.width_px, size_.height_px, i);
      pictures_.push_back(test::samples_of(picture));
      picture.info().times.pts_ns = i * kPictureNs;
      const auto taken = encoder->encode(picture, {.key_frame = i == forced_key_});
      EXPECT_TRUE(taken) << taken.error().message();
      test::take_packets(*encoder, keep);
    }
    EXPECT_TRUE(encoder->drain());
    test::take_packets(*encoder, keep);
    stats_ = encoder->stats();
    return packets;
  }

  const test::Size size_ = GetParam().at_least(320, 240);
  int forced_key_ = -1;
  std::vector<test::Bytes> pictures_;  // that were encoded
  EncoderStats stats_;
};

TEST_P(RoundTripTest, GivesEveryPictureBackNearlyAsItWas) {
  auto packets = encode(encoder_options());
  ASSERT_EQ(packets.size(), static_cast<std::size_t>(kPictures));
  Decoder decoder = this->decoder();
  std::size_t pictures = 0;
  double worst_db = 99;
  const auto compare = [&](Frame& picture) {
    EXPECT_EQ(picture.info().times.pts_ns, static_cast<std::int64_t>(pictures) * kPictureNs);
    worst_db = std::min(worst_db, test::psnr_db(pictures_[pictures++], test::samples_of(picture)));
  };
  for (Frame& packet : packets) {
    ASSERT_TRUE(decoder.decode(packet));
    test::take_pictures(decoder, compare);
  }
  ASSERT_TRUE(decoder.drain());
  test::take_pictures(decoder, compare);
  EXPECT_EQ(pictures, packets.size());
  EXPECT_GT(worst_db, 30);
  EXPECT_EQ(stats_.pictures, stats_.packets);
  RecordProperty("worst_psnr_db", std::to_string(worst_db));
  std::printf("worst picture: %.1f dB PSNR\n", worst_db);
}

TEST_P(RoundTripTest, GivesOutAPacketForEachPictureAtOnce) {
  auto encoder = Encoder::create(encoder_options());
  ASSERT_TRUE(encoder);
  for (int i = 0; i < 5; ++i) {
    Frame picture = test::a_picture(fourcc("NV12"), size_.width_px, size_.height_px, i);
    ASSERT_TRUE(encoder->encode(picture));
    const auto packet = encoder->next_packet();
    ASSERT_TRUE(packet && *packet) << "picture " << i;
    EXPECT_EQ((*packet)->info().layout.fourcc, GetParam().codec);
  }
}

TEST_P(RoundTripTest, PacketsTellTheirTimesInDecodingOrderAlsoWithPicturesOutOfOrder) {
  EncoderOptions options = encoder_options();
  options.b_frames = 2;
  options.low_latency = false;
  if (!takes(options)) GTEST_SKIP() << "it makes no B-frames";
  const auto packets = encode(options);
  ASSERT_EQ(packets.size(), static_cast<std::size_t>(kPictures));
  std::int64_t last_dts_ns = INT64_MIN;
  bool reordered = false;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const FrameTimes& times = packets[i].info().times;
    EXPECT_GT(times.dts_ns, last_dts_ns);
    EXPECT_LE(times.dts_ns, times.pts_ns);
    EXPECT_EQ(times.duration_ns, kPictureNs);
    reordered |= times.pts_ns != static_cast<std::int64_t>(i) * kPictureNs;
    last_dts_ns = times.dts_ns;
  }
  EXPECT_TRUE(reordered);
}

TEST_P(RoundTripTest, KeyFramesComeWhereTheGroupEndsAndWhereTheyAreForced) {
  EncoderOptions options = encoder_options();
  options.gop = 10;
  forced_key_ = 5;
  const auto packets = encode(options, 20);
  std::vector<std::size_t> keys;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (packets[i].info().key_frame) keys.push_back(i);
  }
  EXPECT_THAT(keys, testing::ElementsAre(0, 5, 15));
  EXPECT_EQ(stats_.key_frames, 3u);
}

TEST_P(RoundTripTest, EveryKeyFrameCanBeStartedAt) {
  EncoderOptions options = encoder_options();
  options.gop = 10;
  auto packets = encode(options);
  Decoder decoder = this->decoder();
  std::size_t pictures = 0;
  const auto count = [&](Frame&) { ++pictures; };
  for (std::size_t i = 10; i < packets.size(); ++i) {
    ASSERT_TRUE(decoder.decode(packets[i]));
    test::take_pictures(decoder, count);
  }
  ASSERT_TRUE(decoder.drain());
  test::take_pictures(decoder, count);
  EXPECT_EQ(pictures, packets.size() - 10);
  EXPECT_EQ(decoder.stats().damaged, 0u);
}

TEST_P(RoundTripTest, AStreamThatBeginsBetweenKeyFramesShowsEverythingFromTheNextOneOn) {
  EncoderOptions options = encoder_options();
  options.gop = 10;
  auto packets = encode(options);
  Decoder decoder = this->decoder();
  std::vector<std::int64_t> shown_ns;
  const auto see = [&](Frame& picture) { shown_ns.push_back(picture.info().times.pts_ns); };
  for (std::size_t i = 5; i < packets.size(); ++i) {
    ASSERT_TRUE(decoder.decode(packets[i]));
    test::take_pictures(decoder, see);
  }
  ASSERT_TRUE(decoder.drain());
  test::take_pictures(decoder, see);
  std::vector<std::int64_t> expected_ns;
  for (int i = 10; i < kPictures; ++i) expected_ns.push_back(i * kPictureNs);
  ASSERT_GE(shown_ns.size(), expected_ns.size());
  shown_ns.erase(shown_ns.begin(),
                 shown_ns.end() - static_cast<std::ptrdiff_t>(expected_ns.size()));
  EXPECT_EQ(shown_ns, expected_ns);
}

TEST_P(RoundTripTest, ParameterSetsAreKnownAfterTheFirstPacket) {
  if (!GetParam().is_a_stream()) GTEST_SKIP() << "the codec has no parameter sets";
  auto encoder = Encoder::create(encoder_options());
  ASSERT_TRUE(encoder);
  EXPECT_EQ(encoder->parameter_sets_version(), 0u);
  Frame picture = test::a_picture(fourcc("NV12"), size_.width_px, size_.height_px, 0);
  ASSERT_TRUE(encoder->encode(picture));
  auto packet = encoder->next_packet();
  ASSERT_TRUE(packet && *packet);
  EXPECT_EQ(encoder->parameter_sets_version(), 1u);
  const auto sets = encoder->parameter_sets();
  const auto coded = (*packet)->plane(0);
  ASSERT_FALSE(sets.empty());
  EXPECT_TRUE(std::equal(sets.begin(), sets.end(), coded.begin()));
}

INSTANTIATE_TEST_SUITE_P(By, RoundTripTest, testing::ValuesIn(test::round_trips()), test::name_of);

}  // namespace
}  // namespace vsl
