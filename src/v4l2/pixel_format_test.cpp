// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/pixel_format.hpp"

#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include <random>

namespace vsl::v4l2 {
namespace {

DriverFormat driver(Fourcc code, std::uint32_t width_px, std::uint32_t height_px,
                    std::vector<MemoryPlane> planes) {
  DriverFormat format{.pixel_format = code, .width_px = width_px, .height_px = height_px};
  format.plane_count = static_cast<std::uint32_t>(planes.size());
  for (std::size_t i = 0; i < planes.size() && i < kMaxPlanes; ++i) format.planes[i] = planes[i];
  return format;
}

TEST(PixelFormatTest, AsksForTheWantedCodeFirstAndForManyBuffersLast) {
  EXPECT_EQ(driver_codes(fourcc("I420")),
            (std::vector{fourcc("I420"), fourcc("YU12"), fourcc("YM12")}));
  EXPECT_EQ(driver_codes(fourcc("NV12")), (std::vector{fourcc("NV12"), fourcc("NM12")}));
  EXPECT_EQ(driver_codes(fourcc("MJPG")), std::vector{fourcc("MJPG")});
  EXPECT_EQ(driver_codes(fourcc("BGRA")), (std::vector{fourcc("BGRA"), fourcc("AR24")}));
}

TEST(PixelFormatTest, CallsFramesInSeveralBuffersAsThoseInOne) {
  EXPECT_EQ(frame_code(Fourcc{V4L2_PIX_FMT_NV12M}), fourcc("NV12"));
  EXPECT_EQ(frame_code(Fourcc{V4L2_PIX_FMT_YVU420M}), fourcc("YV12"));
  EXPECT_EQ(frame_code(Fourcc{V4L2_PIX_FMT_YUV422M}), fourcc("YU16"));
  EXPECT_EQ(frame_code(Fourcc{V4L2_PIX_FMT_SRGGB10}), fourcc("RG10"));
  EXPECT_EQ(frame_code(Fourcc{V4L2_PIX_FMT_MJPEG}), fourcc("MJPG"));
}

TEST(PixelFormatTest, TellsRgbAndBayerFromYuv) {
  for (const std::uint32_t code :
       {V4L2_PIX_FMT_RGB24, V4L2_PIX_FMT_ABGR32, V4L2_PIX_FMT_RGB565X, V4L2_PIX_FMT_SRGGB12P}) {
    EXPECT_TRUE(is_rgb({code})) << Fourcc{code}.to_string();
  }
  EXPECT_TRUE(is_rgb({static_cast<std::uint32_t>(V4L2_PIX_FMT_ARGB555X)}));
  for (const std::uint32_t code : {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_NV12M, V4L2_PIX_FMT_GREY,
                                   V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUV32}) {
    EXPECT_FALSE(is_rgb({code})) << Fourcc{code}.to_string();
  }
}

TEST(PixelFormatTest, LaysPaddedPlanesOneAfterTheOther) {
  const auto layout = layout_of(driver(fourcc("NV12"), 1000, 10, {{1024, 1024 * 16}}),  // rows too
                                fourcc("NV12"));
  ASSERT_TRUE(layout) << layout.error().message();
  EXPECT_EQ(layout->plane_count, 2U);
  EXPECT_EQ(layout->buffer_count, 1U);
  EXPECT_EQ(layout->planes[1], (PlaneLayout{1024 * 10, 1024, 0}));
  EXPECT_EQ(layout->buffer_bytes[0], 1024U * 16);
}

TEST(PixelFormatTest, ScalesChromaRowsWithLumaRows) {
  const auto i420 = layout_of(driver(fourcc("YU12"), 64, 4, {{128, 768}}), fourcc("I420"));
  ASSERT_TRUE(i420) << i420.error().message();
  EXPECT_EQ(i420->fourcc, fourcc("I420"));
  EXPECT_EQ(i420->planes[1], (PlaneLayout{512, 64, 0}));
  EXPECT_EQ(i420->planes[2], (PlaneLayout{512 + 128, 64, 0}));
  const auto nv24 = layout_of(driver(fourcc("NV24"), 64, 4, {{128, 1536}}), fourcc("NV24"));
  ASSERT_TRUE(nv24) << nv24.error().message();
  EXPECT_EQ(nv24->planes[1], (PlaneLayout{512, 256, 0}));
  const auto p010 = layout_of(driver(fourcc("P010"), 64, 4, {{256, 1536}}), fourcc("P010"));
  ASSERT_TRUE(p010) << p010.error().message();
  EXPECT_EQ(p010->planes[1], (PlaneLayout{1024, 256, 0}));
}

TEST(PixelFormatTest, GivesEachPlaneItsBufferWhereTheDriverDoes) {
  const auto layout =
      layout_of(driver(fourcc("YM12"), 64, 4, {{128, 512}, {64, 128}, {64, 128}}), fourcc("YU12"));
  ASSERT_TRUE(layout) << layout.error().message();
  EXPECT_EQ(layout->buffer_count, 3U);
  EXPECT_EQ(layout->planes[2], (PlaneLayout{0, 64, 2}));
  EXPECT_EQ(layout->buffer_bytes[1], 128U);
}

TEST(PixelFormatTest, TakesRowsForTightWhenTheDriverIsSilent) {
  const auto layout = layout_of(driver(fourcc("YUYV"), 64, 4, {{0, 512}}), fourcc("YUYV"));
  ASSERT_TRUE(layout) << layout.error().message();
  EXPECT_EQ(layout->planes[0].stride_bytes, 128U);
}

TEST(PixelFormatTest, TreatsFormatsItDoesNotKnowAsBytes) {
  const auto packed10 = layout_of(driver(fourcc("pRAA"), 64, 4, {{80, 320}}), fourcc("pRAA"));
  ASSERT_TRUE(packed10) << packed10.error().message();
  EXPECT_EQ(packed10->plane_rows(0), 4U);
  EXPECT_EQ(packed10->plane_bytes(0), 320U);
  const auto tiled =
      layout_of(driver(fourcc("NA12"), 64, 4, {{64, 256}, {64, 128}}), fourcc("NA12"));
  ASSERT_TRUE(tiled) << tiled.error().message();
  EXPECT_EQ(tiled->plane_count, 2U);
}

TEST(PixelFormatTest, RefusesNumbersThatCannotBeTrue) {
  const Fourcc nv12 = fourcc("NV12");
  const std::vector<DriverFormat> lies = {
      driver(nv12, 64, 4, {}),                                  // no buffer
      driver(nv12, 0, 4, {{64, 384}}),                          // no pixels
      driver(nv12, 64, 4, {{64, 383}}),                         // a byte short
      driver(nv12, 64, 4, {{32, 384}}),                         // rows shorter than pixels
      driver(nv12, 64, 4, {{64, 0}}),                           // no bytes
      driver(nv12, 64, 4, {{64, 256}, {64, 128}, {64, 9}}),     // a buffer too many
      driver(nv12, 64, 4, {{64, 256}, {64, 127}}),              // chroma a byte short
      driver(nv12, 64, 4, {{0xffffffff, 0xffffffff}}),          // rows beyond the buffer
      driver(nv12, 0xffffffff, 0xffffffff, {{0, 0xffffffff}}),  // sides of garbage
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    const auto layout = layout_of(lies[i], nv12);
    ASSERT_FALSE(layout) << i;
    EXPECT_EQ(layout.error().code, std::errc::protocol_error) << i;
  }
  DriverFormat many = driver(nv12, 64, 4, {{64, 384}});
  many.plane_count = 8;
  EXPECT_FALSE(layout_of(many, nv12));
}

TEST(PixelFormatTest, NeverGoesOutsideTheBuffersWhateverTheDriverSays) {
  std::mt19937 random(1);
  const Fourcc codes[] = {fourcc("NV12"), fourcc("YU12"), fourcc("NV24"), fourcc("YUYV"),
                          fourcc("P010"), fourcc("MJPG"), fourcc("RGB3"), fourcc("YU24")};
  const auto number = [&] { return static_cast<std::uint32_t>(random() >> (random() % 32)); };
  int accepted = 0;
  for (int i = 0; i < 200000; ++i) {
    DriverFormat lie{.pixel_format = codes[random() % std::size(codes)]};
    lie.width_px = number();
    lie.height_px = number();
    lie.plane_count = random() % 6;
    for (auto& plane : lie.planes) plane = {number(), number()};
    const auto layout = layout_of(lie, lie.pixel_format);
    if (!layout) continue;
    ++accepted;
    for (std::uint32_t p = 0; p < layout->plane_count; ++p) {
      const PlaneLayout& plane = layout->planes[p];
      ASSERT_LT(plane.buffer, lie.plane_count);
      ASSERT_LE(plane.offset_bytes + layout->plane_bytes(p), lie.planes[plane.buffer].size_bytes);
      ASSERT_GE(plane.stride_bytes, layout->plane_row_bytes(p));
    }
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace vsl::v4l2
