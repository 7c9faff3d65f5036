// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "cameras.hpp"
#include "colour_bars.hpp"

namespace vsl::lab {
namespace {

class CameraFormatTest : public CameraTest {};

Fourcc code_of(const std::string& text) {
  const char letters[5] = {text[0], text[1], text[2], text[3], '\0'};
  return fourcc(letters);
}

TEST_F(CameraFormatTest, ShowsEachBarOfThePatternInItsColourInEveryFormat) {
  for (const Vivid which : kBothKinds) {
    SCOPED_TRACE(find_vivid(which));
    auto camera = open_vivid(which);
    ASSERT_OK(camera);
    const auto formats =
        which == Vivid::multi_planar ? multi_planar_formats() : single_planar_formats();
    for (const KnownFormat& known : formats) {
      const auto format = camera->configure(small(code_of(known.code)));
      ASSERT_TRUE(format) << known.code << ": " << format.error().message();
      EXPECT_EQ(format->pixel_format, code_of(known.code));
      EXPECT_EQ(format->layout.width_px, 640U);
      EXPECT_EQ(format->memory, CameraMemory::mmap) << known.code;
      ASSERT_TRUE(camera->start()) << known.code;
      for (int i = 0; i < 2; ++i) {
        auto frame = next(*camera);
        ASSERT_TRUE(frame) << known.code << ": " << frame.error().message();
        EXPECT_EQ(check_bars(*frame, known), "");
      }
    }
  }
}

TEST_F(CameraFormatTest, DescribesItsFrames) {
  for (const Vivid which : kBothKinds) {
    SCOPED_TRACE(find_vivid(which));
    auto camera = open_vivid(which);
    ASSERT_OK(camera);
    const auto format = camera->configure(small());
    ASSERT_OK(format);
    EXPECT_EQ(format->interval, (FrameInterval{1, 40}));
    EXPECT_EQ(format->multiplanar, which == Vivid::multi_planar);
    EXPECT_EQ(format->interlace, 0);
    // sRGB in YUV: BT.709 primaries, sRGB transfer, BT.601 matrix, limited range.
    const Colorimetry expected{.primaries = 1, .transfer = 13, .matrix = 6, .range = 1};
    EXPECT_EQ(format->color, expected);
    ASSERT_TRUE(camera->start());
    std::int64_t last_ns = 0;
    for (std::uint64_t i = 0; i < 5; ++i) {
      auto frame = next(*camera);
      ASSERT_OK(frame);
      const FrameInfo& info = frame->info();
      EXPECT_EQ(info.color, expected);
      EXPECT_EQ(info.layout, format->layout);
      EXPECT_EQ(info.clocks, 0U);
      EXPECT_GT(info.times.captured_ns, last_ns);
      // vivid stamps pictures with the time at which they are to be shown.
      EXPECT_NEAR(static_cast<double>(info.times.dequeued_ns),
                  static_cast<double>(info.times.captured_ns), 5e9);
      last_ns = info.times.captured_ns;
    }
    EXPECT_EQ(camera->stats().captured, 5U);
  }
}

TEST_F(CameraFormatTest, NamesFramesAsTheyWereAskedFor) {
  for (const Vivid which : kBothKinds) {
    SCOPED_TRACE(find_vivid(which));
    auto camera = open_vivid(which);
    ASSERT_OK(camera);
    const auto format = camera->configure(small(fourcc("I420")));
    ASSERT_OK(format);
    EXPECT_EQ(format->pixel_format, fourcc("YU12"));
    EXPECT_EQ(format->layout.fourcc, fourcc("I420"));
    const auto bgra = camera->configure(small(fourcc("BGRA")));
    ASSERT_OK(bgra);
    EXPECT_EQ(bgra->pixel_format, fourcc("AR24"));
  }
}

TEST_F(CameraFormatTest, SaysWhichFormatsAndSizesThereAreWhenItHasNotTheOneAskedFor) {
  for (const Vivid which : kBothKinds) {
    SCOPED_TRACE(find_vivid(which));
    auto camera = open_vivid(which);
    ASSERT_OK(camera);
    const auto coded = camera->configure(small(fourcc("H264")));
    ASSERT_FALSE(coded);
    EXPECT_EQ(coded.error().code, std::errc::invalid_argument);
    EXPECT_NE(coded.error().where.find("YUYV"), std::string::npos) << coded.error().message();
    EXPECT_NE(coded.error().where.find("H264"), std::string::npos) << coded.error().message();
    CameraOptions odd = small();
    odd.width_px = 333;
    const auto size = camera->configure(odd);
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().code, std::errc::invalid_argument);
    EXPECT_NE(size.error().where.find("1280x720"), std::string::npos) << size.error().message();
    odd.nearest_size = true;
    const auto nearest = camera->configure(odd);
    ASSERT_OK(nearest);
    EXPECT_EQ(nearest->layout.width_px, 320U);
  }
}

TEST_F(CameraFormatTest, LeavesToTheDriverWhatNobodyAskedFor) {
  for (const Vivid which : kBothKinds) {
    SCOPED_TRACE(find_vivid(which));
    auto camera = open_vivid(which);
    ASSERT_OK(camera);
    const auto format = camera->configure({});
    ASSERT_OK(format);
    EXPECT_NE(format->pixel_format.code, 0U);
    EXPECT_NE(format->layout.width_px, 0U);
    EXPECT_GE(format->buffers, 6U);
    EXPECT_NE(format->interval.denominator, 0U);
  }
}

}  // namespace
}  // namespace vsl::lab
