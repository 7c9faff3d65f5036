// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/nal.hpp"

#include <gtest/gtest.h>

#include "media/bit_reader.hpp"
#include "media/coded_stream_testing.hpp"

namespace vsl {
namespace {

using test::Bytes;

Bytes bytes_of(std::initializer_list<unsigned> values) {
  Bytes bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

std::vector<Bytes> units_of(const Bytes& stream) {
  std::vector<Bytes> units;
  NalScanner scanner(stream);
  while (const auto nal = scanner.next()) units.emplace_back(nal->begin(), nal->end());
  return units;
}

TEST(NalScannerTest, FindsUnitsBehindShortAndLongStartCodes) {
  const Bytes stream = bytes_of({0, 0, 1, 0x67, 5, 0, 0, 0, 1, 0x68, 6, 0, 0, 1, 0x65, 7});
  EXPECT_EQ(units_of(stream),
            (std::vector<Bytes>{bytes_of({0x67, 5}), bytes_of({0x68, 6}), bytes_of({0x65, 7})}));
}

TEST(NalScannerTest, LeavesOutPaddingAndEmptyUnits) {
  EXPECT_EQ(units_of(bytes_of({9, 9, 0, 0, 1, 0x67, 5, 0, 0, 0, 0, 0, 1, 0, 0, 1})),
            (std::vector<Bytes>{bytes_of({0x67, 5})}));
  EXPECT_TRUE(units_of({}).empty());
  EXPECT_TRUE(units_of(bytes_of({0, 0})).empty());
  EXPECT_TRUE(units_of(bytes_of({0, 0, 1})).empty());
  EXPECT_TRUE(units_of(bytes_of({1, 2, 3, 4, 5, 6, 7, 8, 9})).empty());
}

TEST(NalScannerTest, FindsAStartCodeAtEveryOffset) {
  for (std::size_t offset = 0; offset < 40; ++offset) {
    Bytes stream(64, std::byte{0xff});
    stream[offset] = stream[offset + 1] = std::byte{0};
    stream[offset + 2] = std::byte{1};
    EXPECT_EQ(find_start_code(stream, 0), offset);
    EXPECT_EQ(find_start_code(stream, offset + 1), stream.size());
  }
}

TEST(NalKindTest, KnowsTheUnitsOfBothStandards) {
  EXPECT_EQ(nal_kind(VideoCodec::h264, bytes_of({0x65})), NalKind::key_slice);
  EXPECT_EQ(nal_kind(VideoCodec::h264, bytes_of({0x41})), NalKind::slice);
  EXPECT_EQ(nal_kind(VideoCodec::h264, bytes_of({0x67})), NalKind::sps);
  EXPECT_EQ(nal_kind(VideoCodec::hevc, bytes_of({0x26, 0x01})), NalKind::key_slice);
  EXPECT_EQ(nal_kind(VideoCodec::hevc, bytes_of({0x02, 0x01})), NalKind::slice);
  EXPECT_EQ(nal_kind(VideoCodec::hevc, bytes_of({0x42, 0x01})), NalKind::sps);
  EXPECT_EQ(nal_kind(VideoCodec::hevc, bytes_of({0x42})), NalKind::unregarded);
  EXPECT_EQ(nal_kind(VideoCodec::h264, {}), NalKind::unregarded);
}

TEST(NalKindTest, PassesOverLayersOtherThanTheFirst) {
  EXPECT_EQ(nal_kind(VideoCodec::hevc, bytes_of({0x26, 0x09})), NalKind::unregarded);
  EXPECT_EQ(nal_kind(VideoCodec::hevc, bytes_of({0x43, 0x01})), NalKind::unregarded);
}

TEST(BitReaderTest, LeavesOutEmulationPrevention) {
  const Bytes bytes = bytes_of({0, 0, 3, 1, 0xff});
  BitReader bits(bytes);
  EXPECT_EQ(bits.bits(32), 0x000001ffU);
  EXPECT_TRUE(bits.ok());
}

TEST(BitReaderTest, SaysThatTheBytesAreOver) {
  const Bytes bytes = bytes_of({0xff});
  BitReader bits(bytes);
  EXPECT_EQ(bits.bits(8), 0xffU);
  EXPECT_TRUE(bits.ok());
  EXPECT_EQ(bits.bits(1), 0U);
  EXPECT_FALSE(bits.ok());
}

TEST(BitReaderTest, ReadsWhatAWriterWrote) {
  const Bytes nal =
      test::BitWriter().golombs({0, 1, 2, 1000000}).signed_golomb(-7).signed_golomb(7).nal({});
  BitReader bits(nal);
  for (const std::uint32_t value : {0U, 1U, 2U, 1000000U}) EXPECT_EQ(bits.golomb(), value);
  EXPECT_EQ(bits.signed_golomb(), -7);
  EXPECT_EQ(bits.signed_golomb(), 7);
  EXPECT_TRUE(bits.ok());
}

TEST(BitReaderTest, RefusesACodeLongerThanAnyNumber) {
  const Bytes bytes = bytes_of({0, 0, 0, 0x40, 0, 0, 0, 0, 0});
  BitReader bits(bytes);
  bits.golomb();  // 25 zeros in front: read
  EXPECT_TRUE(bits.ok());
  bits.golomb();  // 32 and more: no number has so many
  EXPECT_FALSE(bits.ok());
}

}  // namespace
}  // namespace vsl
