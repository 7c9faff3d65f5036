// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "output_name.hpp"

#include <gtest/gtest.h>

namespace vsl::command {
namespace {

TEST(OutputNameTest, TellsTheKindOfFileInAnyCase) {
  EXPECT_EQ(kind_of_name("a.mp4"), FileKind::mp4);
  EXPECT_EQ(kind_of_name("dir.d/a.MOV"), FileKind::mp4);
  EXPECT_EQ(kind_of_name("a.264"), FileKind::h264);
  EXPECT_EQ(kind_of_name("a.hevc"), FileKind::hevc);
  EXPECT_EQ(kind_of_name("a.Y4M"), FileKind::y4m);
  EXPECT_EQ(kind_of_name("a.mkv"), FileKind::other);
}

TEST(OutputNameTest, SeesNoWishInANameWithoutAKnownExtension) {
  for (const char* name : {"-", "a", "a.", "a.bin", "a.mkv/b", ".png", "/dev/stdout"}) {
    EXPECT_EQ(kind_of_name(name), FileKind::unknown) << name;
  }
}

TEST(OutputNameTest, IsRefusedWhenSomethingElseWouldBeWritten) {
  const std::string writes = "decode writes YUV4MPEG2 (.y4m)";
  EXPECT_TRUE(check_output_name("o.y4m", {FileKind::y4m}, writes));
  EXPECT_TRUE(check_output_name("o", {FileKind::y4m}, writes));
  for (const char* name : {"o.png", "o.mp4", "o.avi", "o.h264"}) {
    const auto refused = check_output_name(name, {FileKind::y4m}, writes);
    ASSERT_FALSE(refused) << name;
    EXPECT_NE(refused.error().where.find(writes), std::string::npos);
  }
}

}  // namespace
}  // namespace vsl::command
