// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "device_sizes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "device_report.hpp"
#include "fake_devices.hpp"

namespace vsl::command {
namespace {

using nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;

FrameSize a_size(std::uint32_t width, std::uint32_t height, std::vector<FrameInterval> intervals) {
  FrameSize size;
  size.min_width_px = size.max_width_px = width;
  size.min_height_px = size.max_height_px = height;
  size.intervals = std::move(intervals);
  return size;
}

FrameSize a_range() {
  FrameSize size = a_size(4096, 2160, {{1, 60}, {1, 1}});
  size.min_width_px = size.min_height_px = 48;
  size.step_width_px = size.step_height_px = 8;
  size.intervals_are_range = true;
  return size;
}

TEST(DeviceSizesTest, AreTextWithTheHighestRateFirst) {
  EXPECT_EQ(size_text(a_size(640, 480, {{1, 15}, {1001, 30000}})), "640x480 (29.97, 15 fps)");
  EXPECT_EQ(size_text(a_range()), "48x48 to 4096x2160 (1 to 60 fps)");
}

TEST(DeviceSizesTest, HaveNoRateWhereTheDriverNamesNone) {
  EXPECT_EQ(size_text(a_size(640, 480, {})), "640x480");
  EXPECT_EQ(size_text(a_size(640, 480, {{0, 30}, {1, 0}})), "640x480");
}

TEST(DeviceSizesTest, AreNamedOnceForFormatsThatHaveTheSame) {
  Device camera = test::a_camera("/dev/video0");
  for (DeviceFormat& format : camera.capture_formats) format.sizes = {a_size(640, 480, {{1, 30}})};
  EXPECT_THAT(size_lines(camera, false), ElementsAre("640x480 (30 fps)"));
  camera.capture_formats[1].sizes.push_back(a_size(1280, 720, {{1, 10}}));
  EXPECT_THAT(size_lines(camera, false),
              ElementsAre("YUYV: 640x480 (30 fps)", "NV12: 1280x720 (10 fps), 640x480 (30 fps)"));
}

TEST(DeviceSizesTest, AreTheLargestOnesUnlessAllAreAskedFor) {
  Device camera = test::a_camera("/dev/video0");
  for (std::uint32_t i = 1; i <= 6; ++i) {
    camera.capture_formats[0].sizes.push_back(a_size(100 * i, 100, {}));
  }
  EXPECT_THAT(size_lines(camera, false),
              ElementsAre("600x100, 500x100, 400x100, 300x100, +2 more"));
  EXPECT_THAT(size_lines(camera, true).front(), HasSubstr("100x100"));
}

TEST(DeviceSizesTest, AreInBothFormsOfTheReport) {
  Device camera = test::a_camera("/dev/video0");
  camera.capture_formats[0].sizes = {a_size(640, 480, {{1, 30}, {2, 25}})};
  camera.capture_formats[1].sizes = {a_range()};
  EXPECT_THAT(devices_text({camera}, {}),
              HasSubstr("    Sizes:   YUYV: 640x480 (30, 12.5 fps)\n"
                        "             NV12: 48x48 to 4096x2160 (1 to 60 fps)\n"));
  const auto expected = ordered_json::parse(R"json([
    {"format": "YUYV", "width": 640, "height": 480, "fps": [30, 12.5]},
    {"format": "NV12", "min_width": 48, "min_height": 48, "max_width": 4096, "max_height": 2160,
      "step_width": 8, "step_height": 8, "fps_range": [1, 60]}])json");
  EXPECT_EQ(devices_json({camera}, {})["cameras"][0]["sizes"].dump(), expected.dump());
}

}  // namespace
}  // namespace vsl::command
