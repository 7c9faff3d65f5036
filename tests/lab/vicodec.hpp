// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <algorithm>
#include <cstdlib>

#include "cameras.hpp"
#include "tests/codec/codecs.hpp"

/// The lab's encoder and decoder: vicodec, whose format is FWHT.
namespace vsl::lab {

// vicodec takes no smaller ones; these are no multiples of its blocks.
inline constexpr std::uint32_t kWidthPx = 652, kHeightPx = 366;
inline constexpr int kPictures = 12;
inline constexpr std::int64_t kPictureNs = 40'000'000;
inline constexpr double kWorstDb = 30;
inline constexpr Fourcc kFwht = fourcc("FWHT");

inline EncoderOptions fwht_encoder() { return {.codec = kFwht, .backend = CodecBackend::v4l2}; }
inline DecoderOptions fwht_decoder() { return {.codec = kFwht, .backend = CodecBackend::v4l2}; }

struct Coded {
  std::vector<Frame> packets;
  std::vector<test::Bytes> pictures;  // that went in
};

class CodecTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto devices = list_devices(static_cast<std::uint32_t>(DeviceType::encoder));
    const auto is_vicodec = [](const Device& device) { return device.driver == "vicodec"; };
    const auto found = devices ? std::find_if(devices->begin(), devices->end(), is_vicodec)
                               : std::vector<Device>::const_iterator();
    if (!devices || found == devices->end()) {
      GTEST_SKIP() << "the lab's vicodec is not here: run it in the lab";
    }
    ASSERT_EQ(found->multiplanar, std::getenv("VSL_LAB_MULTIPLANAR") != nullptr);
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

}  // namespace vsl::lab
