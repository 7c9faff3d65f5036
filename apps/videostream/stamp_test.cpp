// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "stamp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace vsl::command {
namespace {

std::vector<std::byte> some_bytes(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 256);
  return bytes;
}

TEST(ChecksumTest, ChangesWithEveryByte) {
  std::vector<std::byte> bytes = some_bytes(64 * 3 + 13);
  const std::uint64_t whole = checksum(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= std::byte{0x80};
    EXPECT_NE(checksum(bytes), whole) << i;
    bytes[i] ^= std::byte{0x80};
  }
  EXPECT_EQ(checksum(bytes), whole);
}

TEST(ChecksumTest, ChangesWhenRowsTradePlaces) {
  std::vector<std::byte> bytes = some_bytes(4096);
  const std::uint64_t whole = checksum(bytes);
  std::swap_ranges(bytes.begin(), bytes.begin() + 1024, bytes.begin() + 2048);
  EXPECT_NE(checksum(bytes), whole);
}

TEST(ChecksumTest, LeavesOutWhatTheStampItselfCovers) {
  std::vector<std::byte> bytes = some_bytes(256);
  PlaneBytes planes;
  planes[0] = bytes;
  const std::uint64_t whole = checksum_planes(planes, sizeof(Stamp));
  bytes[0] ^= std::byte{1};
  EXPECT_EQ(checksum_planes(planes, sizeof(Stamp)), whole);
  bytes[sizeof(Stamp)] ^= std::byte{1};
  EXPECT_NE(checksum_planes(planes, sizeof(Stamp)), whole);
}

TEST(StampTest, IsReadBackOnlyFromBytesThatHoldOne) {
  const Stamp stamp{Stamp::kInPixels, 7, 8, 9};
  std::vector<std::byte> bytes(sizeof stamp);
  EXPECT_FALSE(read_stamp(bytes));
  std::memcpy(bytes.data(), &stamp, sizeof stamp);
  EXPECT_EQ(read_stamp(bytes), std::optional(stamp));
  bytes.pop_back();
  EXPECT_FALSE(read_stamp(bytes));
}

}  // namespace
}  // namespace vsl::command
