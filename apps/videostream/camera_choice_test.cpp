// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camera_choice.hpp"

#include <gtest/gtest.h>

namespace vsl::command {
namespace {

FrameSize size_at(std::uint32_t width_px, std::uint32_t height_px, std::uint32_t fps) {
  return {width_px, width_px, 0, height_px, height_px, 0, {{1, fps}}, false};
}

Device with_formats(std::vector<DeviceFormat> formats) {
  Device device;
  device.path = "/dev/video9";
  device.capture_formats = std::move(formats);
  return device;
}

DeviceFormat format_with(const char (&code)[5], std::vector<FrameSize> sizes) {
  return {fourcc(code), "", 0, false, std::move(sizes)};
}

TEST(ChoosePictureTest, TakesTheUsualPictureWhereItIsOffered) {
  const Device device = with_formats({format_with("MJPG", {size_at(1920, 1080, 30)}),
                                      format_with("YUYV", {size_at(1920, 1080, 30)})});
  const CameraOptions chosen = choose_picture(device, {});
  EXPECT_EQ(chosen.format, fourcc("YUYV"));
  EXPECT_EQ(chosen.width_px, 1920u);
  EXPECT_EQ(chosen.height_px, 1080u);
}

TEST(ChoosePictureTest, LeavesTheSizeToTheDriverWhereTheUsualOneIsSlow) {
  const Device device =
      with_formats({format_with("YUYV", {size_at(640, 480, 30), size_at(1920, 1080, 5)})});
  const CameraOptions chosen = choose_picture(device, {});
  EXPECT_EQ(chosen.format, fourcc("YUYV"));
  EXPECT_EQ(chosen.width_px, 0u);
}

TEST(ChoosePictureTest, LeavesTheFormatToTheDriverWhereTheUsualOneIsMissing) {
  const Device device = with_formats({format_with("MJPG", {size_at(1920, 1080, 30)})});
  const CameraOptions chosen = choose_picture(device, {});
  EXPECT_EQ(chosen.format.code, 0u);
  EXPECT_EQ(chosen.width_px, 0u);
}

TEST(ChoosePictureTest, TakesAnotherFormatWhereTheUsualOneHasNotTheSizeAskedFor) {
  const Device device = with_formats({format_with("YUYV", {size_at(640, 480, 30)}),
                                      format_with("NV12", {size_at(1280, 720, 30)})});
  CameraOptions asked;
  asked.width_px = 1280;
  asked.height_px = 720;
  EXPECT_EQ(choose_picture(device, asked).format.code, 0u);
}

TEST(ChoosePictureTest, ChangesNothingThatWasAskedFor) {
  const Device device = with_formats({format_with("YUYV", {size_at(1920, 1080, 30)})});
  CameraOptions asked;
  asked.format = fourcc("NV12");
  asked.interval = {1, 10};
  const CameraOptions chosen = choose_picture(device, asked);
  EXPECT_EQ(chosen.format, fourcc("NV12"));
  EXPECT_EQ(chosen.width_px, 0u);
  EXPECT_EQ(chosen.interval, asked.interval);
}

}  // namespace
}  // namespace vsl::command
