// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/mapping.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/testing.hpp"
#include "base/unique_fd.hpp"

namespace vsl {
namespace {

constexpr std::size_t kBytes = 8192;

UniqueFd memory() {
  UniqueFd fd(::memfd_create("mapping-test", MFD_CLOEXEC));
  EXPECT_EQ(::ftruncate(fd.get(), kBytes), 0);
  return fd;
}

TEST(MappingTest, SharesItsBytesWithOtherMappingsOfTheFd) {
  const UniqueFd fd = memory();
  auto writer = Mapping::map(fd.get(), kBytes, {.mode = Mapping::Mode::read_write});
  auto reader = Mapping::map(fd.get(), kBytes, {});
  ASSERT_TRUE(writer && reader);
  writer->bytes()[kBytes - 1] = std::byte{42};
  EXPECT_EQ(reader->bytes()[kBytes - 1], std::byte{42});
}

TEST(MappingTest, OutlivesItsFd) {
  UniqueFd fd = memory();
  auto mapping = Mapping::map(fd.get(), kBytes, {.mode = Mapping::Mode::read_write});
  ASSERT_TRUE(mapping);
  fd.reset();
  mapping->bytes()[0] = std::byte{1};
  EXPECT_EQ(*mapping->as<unsigned char>(), 1);
}

TEST(MappingTest, LeavesTheSourceOfAMoveEmpty) {
  const UniqueFd fd = memory();
  auto mapped = Mapping::map(fd.get(), kBytes, {});
  ASSERT_TRUE(mapped);
  Mapping from = *std::move(mapped);
  const Mapping to = std::move(from);
  EXPECT_FALSE(from);
  EXPECT_EQ(from.size(), 0U);
  EXPECT_EQ(to.size(), kBytes);
}

TEST(MappingTest, SaysWhichFdCannotBeMapped) {
  const auto mapping = Mapping::map(987, kBytes, {});
  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().code, std::errc::bad_file_descriptor);
  EXPECT_NE(mapping.error().where.find("987"), std::string::npos);
}

TEST(MappingTest, StaysOutOfForkedChildrenWhenAsked) {
  const UniqueFd fd = memory();
  const auto here = Mapping::map(fd.get(), kBytes, {});
  const auto parents_only = Mapping::map(fd.get(), kBytes, {.dont_fork = true});
  ASSERT_TRUE(here && parents_only);
  const auto is_mapped = [](const Mapping& mapping) {
    unsigned char resident[kBytes / 4096] = {};
    return ::mincore(mapping.data(), mapping.size(), resident) == 0;
  };
  ASSERT_TRUE(is_mapped(*here) && is_mapped(*parents_only));
  const int seen = testing::in_child(
      [&] { return (is_mapped(*here) ? 1 : 0) + (is_mapped(*parents_only) ? 2 : 0); });
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace vsl
