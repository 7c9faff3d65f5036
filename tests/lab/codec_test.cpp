// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "vicodec.hpp"

namespace vsl::lab {
namespace {

TEST_F(CodecTest, IsListedWithItsDevice) {
  const auto report = list_codecs();
  ASSERT_OK(report);
  int encoders = 0, decoders = 0;
  for (const CodecAbility& ability : report->abilities) {
    if (ability.codec != kFwht) continue;
    EXPECT_EQ(ability.backend, CodecBackend::v4l2);
    EXPECT_EQ(ability.name, "vicodec");
    EXPECT_TRUE(ability.device.starts_with("/dev/video"));
    encoders += ability.encodes ? 1 : 0;
    decoders += ability.decodes ? 1 : 0;
  }
  EXPECT_EQ(encoders, 1);
  EXPECT_EQ(decoders, 1);
}

TEST_F(CodecTest, GivesEveryPictureOfEveryFormatBackNearlyAsItWas) {
  for (const Fourcc format :
       {fourcc("I420"), fourcc("NV12"), fourcc("422P"), fourcc("BGR3"), fourcc("GREY")}) {
    SCOPED_TRACE(format.to_string());
    auto encoder = Encoder::create(fwht_encoder());
    ASSERT_OK(encoder);
    Coded coded = encode(*encoder, format);
    ASSERT_EQ(coded.packets.size(), static_cast<std::size_t>(kPictures));
    EXPECT_EQ(encoder->backend_name(), "v4l2: vicodec");
    for (std::size_t i = 0; i < coded.packets.size(); ++i) {
      EXPECT_EQ(coded.packets[i].info().times.pts_ns, static_cast<std::int64_t>(i) * kPictureNs);
    }
    EXPECT_TRUE(coded.packets[0].info().key_frame);
    DecoderOptions options = fwht_decoder();
    if (format == fourcc("NV12")) options.format = format;  // else the driver makes I420 of it
    auto decoder = Decoder::create(options);
    ASSERT_OK(decoder);
    expect_pictures(*decoder, coded);
    EXPECT_EQ(decoder->stats().damaged, 0U);
  }
}

TEST_F(CodecTest, GivesOutAPacketForEachPictureAtOnce) {
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  Coded coded;
  for (int i = 0; i < 3; ++i) {
    Frame picture = test::a_picture(fourcc("NV12"), kWidthPx, kHeightPx, i);
    encode_one(*encoder, picture, coded);
    EXPECT_EQ(coded.packets.size(), static_cast<std::size_t>(i) + 1);
  }
}

TEST_F(CodecTest, MakesAKeyPictureWhereOneIsWanted) {
  constexpr int kWanted = 5;
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  Coded coded = encode(*encoder, fourcc("I420"), kWanted);
  ASSERT_EQ(coded.packets.size(), static_cast<std::size_t>(kPictures));
  for (int i = 0; i < kPictures; ++i) {
    EXPECT_EQ(coded.packets[static_cast<std::size_t>(i)].info().key_frame, i == 0 || i == kWanted)
        << i;
  }
  auto decoder = Decoder::create(fwht_decoder());
  ASSERT_OK(decoder);
  expect_pictures(*decoder, coded);
}

TEST_F(CodecTest, FollowsAStreamThatChangesItsSize) {
  Coded all;
  for (const auto& [width_px, height_px] : {std::pair{640U, 360U}, {800U, 600U}, {640U, 360U}}) {
    auto encoder = Encoder::create(fwht_encoder());
    ASSERT_OK(encoder);
    Coded part = encode(*encoder, fourcc("I420"), -1, width_px, height_px);
    std::move(part.packets.begin(), part.packets.end(), std::back_inserter(all.packets));
    std::move(part.pictures.begin(), part.pictures.end(), std::back_inserter(all.pictures));
  }
  auto decoder = Decoder::create(fwht_decoder());
  ASSERT_OK(decoder);
  expect_pictures(*decoder, all);
}

TEST_F(CodecTest, BeginsAnewAfterAReset) {
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  auto decoder = Decoder::create(fwht_decoder());
  ASSERT_OK(decoder);
  for (int round = 0; round < 3; ++round) {
    Coded coded = encode(*encoder);
    ASSERT_EQ(coded.packets.size(), static_cast<std::size_t>(kPictures));
    EXPECT_TRUE(coded.packets[0].info().key_frame);
    expect_pictures(*decoder, coded);
    ASSERT_OK(encoder->reset());
    ASSERT_OK(decoder->reset());
  }
}

TEST_F(CodecTest, DecodesOnWhileReadersHoldEveryPictureAndAfterItIsGoneTheyStillHaveThem) {
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  Coded coded = encode(*encoder);
  std::vector<Frame> held;
  {
    auto decoder = Decoder::create(fwht_decoder());
    ASSERT_OK(decoder);
    decode(*decoder, coded.packets, [&](Frame& picture) { held.push_back(std::move(picture)); });
    EXPECT_GT(decoder->stats().copies, 0U);
    EXPECT_LT(decoder->stats().copies, static_cast<std::uint64_t>(kPictures));
  }
  ASSERT_EQ(held.size(), coded.pictures.size());
  EXPECT_EQ(held[0].buffer(0)->kind(), MemoryKind::dma_buf);  // the driver's own memory
  for (std::size_t i = 0; i < held.size(); ++i) {
    EXPECT_GT(test::psnr_db(coded.pictures[i], test::pixels_of(held[i])), kWorstDb) << i;
  }
}

TEST_F(CodecTest, EndsAStreamInWhichNothingBegins) {
  auto decoder = Decoder::create(fwht_decoder());
  ASSERT_OK(decoder);
  const std::vector<std::byte> nonsense(5000, std::byte{0x55});
  ASSERT_OK(decoder->decode_unit(nonsense));
  int pictures = 0;
  test::take_pictures(*decoder, [&](Frame&) { ++pictures; });
  ASSERT_OK(decoder->drain());
  test::take_pictures(*decoder, [&](Frame&) { ++pictures; });
  EXPECT_EQ(pictures, 0);
}

TEST_F(CodecTest, RefusesWhatTheDriverCannotEncode) {
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  Frame small = test::a_picture(fourcc("I420"), 64, 64, 0);
  const auto taken = encoder->encode(small);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, std::errc::not_supported) << taken.error().message();
  EXPECT_NE(taken.error().message().find("640x360"), std::string::npos) << taken.error().message();
}

}  // namespace
}  // namespace vsl::lab
