// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/access_units.hpp"

#include <gtest/gtest.h>

#include "media/coded_stream_testing.hpp"

namespace vsl {
namespace {

using test::annex_b;
using test::Bytes;
using test::h264_slice;

struct Unit {
  Bytes bytes;
  std::uint32_t slices = 0;
  bool key = false;
  friend bool operator==(const Unit&, const Unit&) = default;
};

std::vector<Unit> split(const Bytes& stream, std::size_t chunk_bytes,
                        VideoCodec codec = VideoCodec::h264) {
  std::vector<Unit> units;
  AccessUnitSplitter splitter(codec);
  const auto drain = [&] {
    while (const auto unit = splitter.next()) {
      units.push_back({Bytes(unit->bytes.begin(), unit->bytes.end()), unit->slices, unit->key});
    }
  };
  for (std::size_t at = 0; at < stream.size(); at += chunk_bytes) {
    const std::size_t bytes = std::min(chunk_bytes, stream.size() - at);
    EXPECT_TRUE(splitter.push(std::span(stream).subspan(at, bytes)));
    drain();
  }
  splitter.finish();
  drain();
  return units;
}

std::vector<std::uint32_t> slices_of(const std::vector<Unit>& units) {
  std::vector<std::uint32_t> slices;
  for (const Unit& unit : units) slices.push_back(unit.slices);
  return slices;
}

const Bytes kSei{std::byte{0x06}, std::byte{1}, std::byte{1}, std::byte{0x80}};
const Bytes kDelimiter{std::byte{0x09}, std::byte{0x10}};

Bytes stream_of_three_pictures() {
  return annex_b({test::h264_sps(), test::h264_pps(), kSei, h264_slice({.header = 0x65}),
                  h264_slice({.header = 0x65, .first_macroblock = 100}), kSei,
                  h264_slice({.frame_num = 1, .order = 2}),
                  h264_slice({.first_macroblock = 150, .frame_num = 1, .order = 2}),
                  h264_slice({.frame_num = 2, .order = 4})},
                 true);
}

TEST(AccessUnitTest, SlicesOfOnePictureStayTogether) {
  const auto units = split(stream_of_three_pictures(), 1 << 20);
  EXPECT_EQ(slices_of(units), (std::vector<std::uint32_t>{2, 2, 1}));
  EXPECT_TRUE(units[0].key);
  EXPECT_FALSE(units[1].key);
}

TEST(AccessUnitTest, TheUnitsTogetherAreTheWholeStream) {
  const Bytes stream = stream_of_three_pictures();
  Bytes joined;
  for (const Unit& unit : split(stream, 1 << 20)) {
    joined.insert(joined.end(), unit.bytes.begin(), unit.bytes.end());
  }
  EXPECT_EQ(joined, stream);
}

TEST(AccessUnitTest, ChunksOfAnySizeGiveTheSameUnits) {
  const Bytes stream = stream_of_three_pictures();
  const auto whole = split(stream, stream.size());
  for (std::size_t chunk = 1; chunk < stream.size(); ++chunk) {
    EXPECT_EQ(split(stream, chunk), whole) << chunk;
  }
}

TEST(AccessUnitTest, WhatStandsBeforeAPictureGoesWithIt) {
  const auto units = split(stream_of_three_pictures(), 64);
  ASSERT_EQ(units.size(), 3U);
  // The SEI message between the first two pictures: four bytes of start code, then its type.
  EXPECT_EQ(units[1].bytes[4], kSei[0]);
}

TEST(AccessUnitTest, PicturesThatDifferInTheirOrderAloneAreTwo) {
  const auto units = split(annex_b({test::h264_sps(), test::h264_pps(),
                                    h264_slice({.header = 0x01, .frame_num = 3, .order = 2}),
                                    h264_slice({.header = 0x01, .frame_num = 3, .order = 4})}),
                           9);
  EXPECT_EQ(slices_of(units), (std::vector<std::uint32_t>{1, 1}));
}

Bytes field(std::uint32_t number, bool bottom) {
  return h264_slice({.frame_num = number,
                     .order = number,
                     .field = true,
                     .bottom = bottom,
                     .frames_only = false});
}

TEST(AccessUnitTest, TwoFieldsAreOneFrame) {
  const auto units =
      split(annex_b({test::h264_sps({.frames_only = false}), test::h264_pps(), field(1, false),
                     field(1, true), field(2, false), field(2, true)}),
            1 << 20);
  EXPECT_EQ(slices_of(units), (std::vector<std::uint32_t>{2, 2}));
}

TEST(AccessUnitTest, TheThirdFieldBeginsAnotherFrameThoughItsNumberIsTheSame) {
  const auto units =
      split(annex_b({test::h264_sps({.frames_only = false}), test::h264_pps(), field(1, false),
                     field(1, true), field(1, false), field(1, true)}),
            1 << 20);
  EXPECT_EQ(slices_of(units), (std::vector<std::uint32_t>{2, 2}));
}

TEST(AccessUnitTest, ADelimiterBetweenTwoFieldsIsInTheirFrame) {
  for (const std::size_t chunk_bytes : {1, 7, 1 << 20}) {
    const auto units =
        split(annex_b({test::h264_sps({.frames_only = false}), test::h264_pps(), kDelimiter,
                       field(1, false), kDelimiter, field(1, true), kDelimiter, field(2, false),
                       kDelimiter, kSei, field(2, true), kDelimiter}),
              chunk_bytes);
    EXPECT_EQ(slices_of(units), (std::vector<std::uint32_t>{2, 2, 0}));
  }
}

TEST(AccessUnitTest, ADelimiterEndsAPictureBeforeTheNextIsThere) {
  AccessUnitSplitter splitter(VideoCodec::h264);
  ASSERT_TRUE(splitter.push(annex_b(
      {test::h264_sps(), test::h264_pps(), h264_slice({.header = 0x65}), kDelimiter, kSei})));
  const auto unit = splitter.next();
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit->slices, 1U);
  EXPECT_FALSE(splitter.next());
}

TEST(AccessUnitTest, AStreamWithoutParameterSetsIsCutAtFirstMacroblocks) {
  const auto units = split(
      annex_b({h264_slice({.frame_num = 1}), h264_slice({.first_macroblock = 9, .frame_num = 1}),
               h264_slice({.frame_num = 2})}),
      5);
  EXPECT_EQ(slices_of(units), (std::vector<std::uint32_t>{2, 1}));
}

TEST(AccessUnitTest, HevcPicturesBeginWhereTheirFlagSays) {
  const auto slice = [](unsigned type, unsigned first) {
    return Bytes{static_cast<std::byte>(type << 1), std::byte{1},
                 static_cast<std::byte>(first | 0x2a)};
  };
  const auto units = split(annex_b({slice(20, 0x80), slice(20, 0), slice(1, 0x80), slice(1, 0)}), 3,
                           VideoCodec::hevc);
  EXPECT_EQ(slices_of(units), (std::vector<std::uint32_t>{2, 2}));
  EXPECT_TRUE(units[0].key);
  EXPECT_FALSE(units[1].key);
}

TEST(AccessUnitTest, BytesBeforeTheFirstStartCodeAreCountedAndDropped) {
  Bytes stream(1000, std::byte{0x55});
  const Bytes good = stream_of_three_pictures();
  stream.insert(stream.end(), good.begin(), good.end());
  for (const std::size_t chunk : {1U, 2U, 3U, 5000U}) {
    AccessUnitSplitter splitter(VideoCodec::h264);
    Bytes joined;
    for (std::size_t at = 0; at < stream.size(); at += chunk) {
      ASSERT_TRUE(splitter.push(
          std::span(stream).subspan(at, std::min<std::size_t>(chunk, stream.size() - at))));
      while (const auto unit = splitter.next()) {
        joined.insert(joined.end(), unit->bytes.begin(), unit->bytes.end());
      }
    }
    splitter.finish();
    while (const auto unit = splitter.next()) {
      joined.insert(joined.end(), unit->bytes.begin(), unit->bytes.end());
    }
    EXPECT_EQ(splitter.skipped_bytes(), 1000U);
    EXPECT_EQ(joined, good);
  }
}

TEST(AccessUnitTest, AnAccessUnitWithoutEndIsAnErrorAndTheNextOneIsRead) {
  AccessUnitSplitter splitter(VideoCodec::h264, 4096);
  const Bytes endless = annex_b({Bytes(4000, std::byte{0x41})});
  ASSERT_TRUE(splitter.push(endless));
  EXPECT_FALSE(splitter.next());
  const auto refused = splitter.push(Bytes(200, std::byte{0x41}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::message_size);
  ASSERT_TRUE(splitter.push(stream_of_three_pictures()));
  EXPECT_TRUE(splitter.next());
}

TEST(AccessUnitTest, NothingInNothingOut) {
  EXPECT_TRUE(split({}, 1).empty());
  EXPECT_TRUE(split(Bytes(100, std::byte{0}), 7).empty());
  EXPECT_EQ(split(annex_b({kSei}), 1).size(), 1U);
}

}  // namespace
}  // namespace vsl
