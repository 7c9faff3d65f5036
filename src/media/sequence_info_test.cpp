// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/sequence_info.hpp"

#include <gtest/gtest.h>

#include "media/coded_stream_testing.hpp"

namespace vsl {
namespace {

using test::BitWriter;
using test::Bytes;

/// An HEVC set of 1920x1088 pixels, eight of which are cropped off below.
Bytes hevc_sps() {
  BitWriter w;
  w.bits(0, 4).bits(0, 3).flag(true);                                    // ids, one layer
  w.bits(0, 3).bits(1, 5).bits(0x60000000, 32).bits(0, 48).bits(93, 8);  // Main, level 3.1
  w.golombs({0, 1, 1920, 1088}).flag(true).golombs({0, 0, 0, 4});        // 4:2:0, crop
  w.golombs({0, 0, 4}).flag(true).golombs({4, 2, 0});                    // depths, order, buffering
  w.golombs({0, 3, 0, 3, 0, 0}).flag(false).bits(0, 2).flag(false);      // block sizes, tools
  w.golomb(0).flag(false).bits(0, 2);                                    // no reference sets
  w.flag(true).flag(false).flag(false);                                  // usability information
  w.flag(true).bits(5, 3).flag(true).flag(true).bits(9, 8).bits(16, 8).bits(9, 8);
  w.flag(false).bits(0, 3).flag(false);
  w.flag(true).bits(1001, 32).bits(60000, 32).flag(false).flag(false).flag(false).flag(false);
  return w.nal({0x42, 0x01});
}

TEST(SequenceInfoTest, TakesTheCropOffTheCodedSize) {
  const auto info = parse_sps(
      VideoCodec::h264,
      test::h264_sps(
          {.width_macroblocks = 120, .height_macroblocks = 68, .crop_right = 0, .crop_bottom = 4}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->coded_width_px, 1920U);
  EXPECT_EQ(info->coded_height_px, 1088U);
  EXPECT_EQ(info->visible, (Rect{0, 0, 1920, 1080}));
}

TEST(SequenceInfoTest, CountsTheRateInFramesNotInFields) {
  const auto info = parse_sps(VideoCodec::h264, test::h264_sps({.tick = 1001, .scale = 60000}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->rate_numerator, 60000U);
  EXPECT_EQ(info->rate_denominator, 2002U);
}

TEST(SequenceInfoTest, HeightOfFieldsIsThatOfTheFrame) {
  const auto info = parse_sps(
      VideoCodec::h264,
      test::h264_sps({.width_macroblocks = 45, .height_macroblocks = 18, .frames_only = false}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->coded_height_px, 576U);
}

TEST(SequenceInfoTest, ReadsSizeColourAndRateOfHevc) {
  const auto info = parse_sps(VideoCodec::hevc, hevc_sps());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->visible, (Rect{0, 0, 1920, 1080}));
  EXPECT_EQ(info->level, 93U);
  EXPECT_EQ(info->color.range, 2);
  EXPECT_EQ(info->color.primaries, 9);
  EXPECT_EQ(info->color.transfer, 16);
  EXPECT_EQ(info->rate_numerator, 60000U);
  EXPECT_EQ(info->rate_denominator, 1001U);
}

TEST(SequenceInfoTest, RefusesACropThatLeavesNothing) {
  EXPECT_FALSE(
      parse_sps(VideoCodec::h264, test::h264_sps({.width_macroblocks = 2, .crop_right = 16})));
}

/// A set of the High profile whose first scaling list begins with this difference.
Bytes h264_sps_with_scaling(std::int32_t first_delta) {
  BitWriter w;
  w.bits(100, 8).bits(0, 8).bits(30, 8).golombs({0, 1, 0, 0}).flag(false);
  w.flag(true).flag(true).signed_golomb(first_delta);
  constexpr int kMore = 15, kOtherLists = 7;
  for (int i = 0; i < kMore; ++i) w.signed_golomb(0);
  for (int i = 0; i < kOtherLists; ++i) w.flag(false);
  w.golombs({0, 0, 0, 1}).flag(false).golombs({19, 14}).flag(true).flag(true).bits(0, 2);
  return w.nal({0x67});
}

TEST(SequenceInfoTest, RefusesAScalingListWithADifferenceThatTheStandardDoesNotAllow) {
  for (const std::int32_t allowed : {-128, 1, 127}) {
    const auto info = parse_sps(VideoCodec::h264, h264_sps_with_scaling(allowed));
    ASSERT_TRUE(info) << allowed;
    EXPECT_EQ(info->coded_width_px, 320U) << allowed;
  }
  for (const std::int32_t wrong : {-129, 128, INT32_MAX}) {
    EXPECT_FALSE(parse_sps(VideoCodec::h264, h264_sps_with_scaling(wrong))) << wrong;
  }
}

TEST(SequenceInfoTest, ATruncatedSetGivesNothingOrTheSameSize) {
  for (const auto& [codec, whole] :
       {std::pair(VideoCodec::h264, test::h264_sps({.tick = 1, .scale = 50})),
        std::pair(VideoCodec::hevc, hevc_sps())}) {
    const auto expected = parse_sps(codec, whole);
    ASSERT_TRUE(expected);
    for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
      const auto info = parse_sps(codec, std::span(whole).first(bytes));
      if (info) {
        EXPECT_EQ(info->visible, expected->visible);
      }
    }
  }
}

TEST(SequenceInfoTest, SaysNoRateThatNobodyFilmsAt) {
  const auto says = [](std::uint32_t tick, std::uint32_t scale) {
    return says_rate(*parse_sps(VideoCodec::h264, test::h264_sps({.tick = tick, .scale = scale})));
  };
  EXPECT_TRUE(says(1, 50));
  EXPECT_TRUE(says(1001, 60000));
  EXPECT_FALSE(says(1, 2'000'000));
  EXPECT_FALSE(says(1000, 60));
  EXPECT_FALSE(says(0, 0));
}

}  // namespace
}  // namespace vsl
