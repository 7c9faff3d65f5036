// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include "videostream/frame_info.hpp"

namespace vsl {
namespace {

Layout packed(Fourcc format, std::uint32_t width, std::uint32_t height, std::uint32_t align = 1) {
  const auto layout = Layout::packed(format, width, height, align);
  EXPECT_TRUE(layout);
  return layout ? *layout : Layout{};
}

TEST(LayoutTest, PutsEachPlaneAfterTheOneBefore) {
  const Layout layout = packed(fourcc("I420"), 9, 5);
  EXPECT_EQ(layout.planes[0], (PlaneLayout{0, 9, 0}));
  EXPECT_EQ(layout.planes[1], (PlaneLayout{45, 5, 0}));
  EXPECT_EQ(layout.planes[2], (PlaneLayout{60, 5, 0}));
}

TEST(LayoutTest, PadsTheRowsOfEveryPlane) {
  const Layout layout = packed(fourcc("NV12"), 100, 10, 64);
  EXPECT_EQ(layout.planes[0].stride_bytes, 128U);
  EXPECT_EQ(layout.planes[1], (PlaneLayout{1280, 128, 0}));
  EXPECT_EQ(layout.plane_row_bytes(0), 100U);
  EXPECT_EQ(layout.buffer_bytes[0], 1920U);
}

TEST(LayoutTest, CountsTheRowsOfSubsampledChroma) {
  const Layout layout = packed(fourcc("NV12"), 9, 5);
  EXPECT_EQ(layout.plane_rows(0), 5U);
  EXPECT_EQ(layout.plane_rows(1), 3U);
  EXPECT_EQ(layout.plane_rows(2), 0U);
  EXPECT_EQ(layout.plane_row_bytes(1), 10U);
  EXPECT_EQ(packed(fourcc("NV16"), 9, 5).plane_rows(1), 5U);
}

TEST(LayoutTest, EndsAPlaneWithThePixelsOfItsLastRow) {
  Layout layout = packed(fourcc("GREY"), 100, 10, 64);
  EXPECT_EQ(layout.plane_bytes(0), 9U * 128 + 100);
  layout.buffer_bytes[0] = 1000;  // a shorter buffer: never beyond it
  EXPECT_EQ(layout.plane_bytes(0), 1000U);
  layout.planes[0].offset_bytes = 1000;
  EXPECT_EQ(layout.plane_bytes(0), 0U);
}

TEST(LayoutTest, TakesTheLargestPictureAndNoneBeyond) {
  const Layout layout = packed(fourcc("RGBA"), 65536, 65536);
  EXPECT_EQ(layout.buffer_bytes[0], std::uint64_t{1} << 34);
  EXPECT_EQ(layout.plane_bytes(0), std::uint64_t{1} << 34);
  for (const auto& [width, height] :
       {std::pair{65537U, 1U}, {1U, 65537U}, {0U, 5U}, {5U, 0U}, {0xffffffffU, 0xffffffffU}}) {
    const auto refused = Layout::packed(fourcc("RGBA"), width, height);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
  }
}

TEST(LayoutTest, RefusesAnAlignmentThatMakesNoSense) {
  for (const std::uint32_t align : {0U, 0xffffffffU}) {
    const auto refused = Layout::packed(fourcc("RGBA"), 8, 8, align);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
  }
}

TEST(LayoutTest, DoesNotGuessTheSizeOfCodedData) {
  const auto refused = Layout::packed(fourcc("H264"), 1920, 1080);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::not_supported);
  EXPECT_NE(refused.error().where.find("1920x1080 H264"), std::string::npos);
}

TEST(LayoutTest, HasOnePlaneWithoutRowsForOpaqueBytes) {
  const Layout layout = Layout::opaque(fourcc("H264"), 1920, 1080, 1000);
  EXPECT_EQ(layout.plane_bytes(0), 1000U);
  EXPECT_EQ(layout.plane_bytes(1), 0U);
  EXPECT_EQ(layout.plane_rows(0), 0U);
  EXPECT_EQ(layout.plane_row_bytes(0), 0U);
  EXPECT_EQ(layout.modifier, 0U);
}

TEST(LayoutTest, SaysThatOpaqueBytesOfAKnownFormatAreNotItsPlanes) {
  const Layout layout = Layout::opaque(fourcc("NV12"), 9, 5, 65);
  EXPECT_NE(layout.modifier, 0U);
  EXPECT_EQ(layout.plane_bytes(0), 65U);
  EXPECT_EQ(layout.plane_row_bytes(0), 0U);
}

}  // namespace
}  // namespace vsl
