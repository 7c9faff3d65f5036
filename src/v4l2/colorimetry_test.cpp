// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/colorimetry.hpp"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

namespace vsl::v4l2 {
namespace {

constexpr std::uint8_t kLimited = 1, kFull = 2;

Colorimetry colors(const char (&code)[5], std::uint32_t colorspace, std::uint32_t transfer = 0,
                   std::uint32_t encoding = 0, std::uint32_t range = 0) {
  DriverFormat format{.pixel_format = fourcc(code)};
  format.colorspace = colorspace;
  format.transfer = transfer;
  format.encoding = encoding;
  format.range = range;
  return colorimetry_of(format);
}

Colorimetry expected(std::uint8_t primaries, std::uint8_t transfer, std::uint8_t matrix,
                     std::uint8_t range) {
  return {.primaries = primaries, .transfer = transfer, .matrix = matrix, .range = range};
}

// The defaults are those of the colorspace pages of userspace-api/media/v4l.
TEST(ColorimetryTest, FillsInWhatTheDriverLeavesOpen) {
  EXPECT_EQ(colors("YUYV", V4L2_COLORSPACE_SRGB), expected(1, 13, 6, kLimited));
  EXPECT_EQ(colors("YUYV", V4L2_COLORSPACE_DEFAULT), expected(1, 13, 6, kLimited));
  EXPECT_EQ(colors("MJPG", V4L2_COLORSPACE_JPEG), expected(1, 13, 6, kFull));
  EXPECT_EQ(colors("NV12", V4L2_COLORSPACE_REC709), expected(1, 1, 1, kLimited));
  EXPECT_EQ(colors("NV12", V4L2_COLORSPACE_SMPTE170M), expected(6, 1, 6, kLimited));
  EXPECT_EQ(colors("NV12", V4L2_COLORSPACE_SMPTE240M), expected(7, 7, 7, kLimited));
  EXPECT_EQ(colors("P010", V4L2_COLORSPACE_BT2020), expected(9, 1, 9, kLimited));
  EXPECT_EQ(colors("NV12", V4L2_COLORSPACE_DCI_P3), expected(11, 17, 1, kLimited));
  EXPECT_EQ(colors("YUYV", V4L2_COLORSPACE_OPRGB), expected(2, 4, 6, kLimited));
  EXPECT_EQ(colors("BA81", V4L2_COLORSPACE_RAW), expected(2, 8, 0, kFull));
}

TEST(ColorimetryTest, GivesRgbNoMatrixAndFullRange) {
  EXPECT_EQ(colors("RGB3", V4L2_COLORSPACE_SRGB), expected(1, 13, 0, kFull));
  EXPECT_EQ(colors("AR24", V4L2_COLORSPACE_SRGB, 0, 0, V4L2_QUANTIZATION_LIM_RANGE),
            expected(1, 13, 0, kLimited));
}

TEST(ColorimetryTest, TakesWhatTheDriverSays) {
  EXPECT_EQ(colors("NV12", V4L2_COLORSPACE_REC709, V4L2_XFER_FUNC_SMPTE2084,
                   V4L2_YCBCR_ENC_BT2020_CONST_LUM, V4L2_QUANTIZATION_FULL_RANGE),
            expected(1, 16, 10, kFull));
}

TEST(ColorimetryTest, CallsWhatIsNotInH273Unspecified) {
  EXPECT_EQ(colors("YUYV", 99, 99, 99, 99), expected(2, 2, 2, 0));
  EXPECT_EQ(colors("HSV3", V4L2_COLORSPACE_SRGB).matrix, 2);
}

}  // namespace
}  // namespace vsl::v4l2
