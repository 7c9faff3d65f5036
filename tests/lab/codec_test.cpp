// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <numeric>

#include "cameras.hpp"
#include "tests/codec/codecs.hpp"

namespace vsl::lab {
namespace {

// vicodec takes no smaller ones; these are no multiples of its blocks.
constexpr std::uint32_t kWidthPx = 652, kHeightPx = 366;
constexpr int kPictures = 12;
constexpr std::int64_t kPictureNs = 40'000'000;
constexpr double kWorstDb = 30;
constexpr Fourcc kFwht = fourcc("FWHT");

EncoderOptions fwht_encoder() { return {.codec = kFwht, .backend = CodecBackend::v4l2}; }
DecoderOptions fwht_decoder() { return {.codec = kFwht, .backend = CodecBackend::v4l2}; }

struct Coded {
  std::vector<Frame> packets;
  std::vector<test::Bytes> pictures;  // that went in
};

class CodecTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto devices = list_devices(static_cast<std::uint32_t>(DeviceType::encoder));
    const auto is_vicodec = [](const Device& device) { return device.driver == "vicodec"; };
    if (!devices || std::none_of(devices->begin(), devices->end(), is_vicodec)) {
      GTEST_SKIP() << "the lab's vicodec is not here: run it in the lab";
    }
  }
  static void encode_one(Encoder& encoder, Frame& picture, Coded& coded, bool key_frame = false) {
    coded.pictures.push_back(test::pixels_of(picture));
    const auto taken = encoder.encode(picture, {.key_frame = key_frame, .crop = {}});
    ASSERT_OK(taken);
    keep_packets(encoder, coded);
  }
  static void keep_packets(Encoder& encoder, Coded& coded) {
    test::take_packets(encoder, [&](Frame& packet) { coded.packets.push_back(std::move(packet)); });
  }
  // Pictures of one size to the end; the one numbered `forced_key` is asked to be a key picture.
  static Coded encode(Encoder& encoder, Fourcc format = fourcc("I420"), int forced_key = -1,
                      std::uint32_t width_px = kWidthPx, std::uint32_t height_px = kHeightPx) {
    Coded coded;
    for (int i = 0; i < kPictures; ++i) {
      Frame picture = test::a_picture(format, width_px, height_px, i);
      picture.info().times.pts_ns = i * kPictureNs;
      encode_one(encoder, picture, coded, i == forced_key);
    }
    EXPECT_OK(encoder.drain());
    keep_packets(encoder, coded);
    return coded;
  }
  // Decodes to the end. Whoever `take`s a picture may keep it.
  static void decode(Decoder& decoder, std::vector<Frame>& packets, const test::TakePicture& take) {
    for (Frame& packet : packets) {
      const auto taken = decoder.decode(packet);
      ASSERT_OK(taken);
      test::take_pictures(decoder, take);
    }
    ASSERT_OK(decoder.drain());
    test::take_pictures(decoder, take);
  }
  static void expect_pictures(Decoder& decoder, Coded& coded) {
    std::size_t pictures = 0;
    decode(decoder, coded.packets, [&](Frame& picture) {
      ASSERT_LT(pictures, coded.pictures.size());
      const test::Bytes pixels = test::pixels_of(picture);
      ASSERT_EQ(pixels.size(), coded.pictures[pictures].size());
      EXPECT_GT(test::psnr_db(coded.pictures[pictures], pixels), kWorstDb) << pictures;
      ++pictures;
    });
    EXPECT_EQ(pictures, coded.pictures.size());
  }
};

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

TEST_F(CodecTest, EncodesPartsOfAPicture) {
  constexpr std::int32_t kTileWidthPx = 640, kTileHeightPx = 360;
  Frame whole = test::a_picture(fourcc("I420"), 2 * kTileWidthPx, 2 * kTileHeightPx, 0);
  for (const std::int32_t x : {0, kTileWidthPx}) {
    for (const std::int32_t y : {0, kTileHeightPx}) {
      auto encoder = Encoder::create(fwht_encoder());
      ASSERT_OK(encoder);
      ASSERT_OK(encoder->encode(whole, {.crop = {x, y, kTileWidthPx, kTileHeightPx}}));
      Coded coded;
      ASSERT_OK(encoder->drain());
      keep_packets(*encoder, coded);
      ASSERT_EQ(coded.packets.size(), 1U);
      auto tile = Frame::allocate(*Layout::packed(fourcc("I420"), kTileWidthPx, kTileHeightPx));
      ASSERT_OK(tile);
      for (std::uint32_t i = 0; i < 3; ++i) {
        const PlaneLayout& from = whole.info().layout.planes[i];
        const std::int32_t shift = i == 0 ? 0 : 1;
        const std::uint32_t bytes = tile->info().layout.plane_row_bytes(i);
        for (std::uint32_t row = 0; row < tile->info().layout.plane_rows(i); ++row) {
          const std::size_t begin =
              (static_cast<std::size_t>(y >> shift) + row) * from.stride_bytes +
              static_cast<std::size_t>(x >> shift);
          std::memcpy(tile->plane(i).data() + std::size_t{row} * bytes,
                      whole.plane(i).data() + begin, bytes);
        }
      }
      coded.pictures.push_back(test::pixels_of(*tile));
      auto decoder = Decoder::create(fwht_decoder());
      ASSERT_OK(decoder);
      expect_pictures(*decoder, coded);
    }
  }
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
