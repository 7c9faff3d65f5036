// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camera_setup.hpp"

#include <gtest/gtest.h>

#include "fake_devices.hpp"

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

std::string chosen_of(const std::vector<Device>& devices, const CameraOptions& asked = {}) {
  const Device* device = choose_camera(devices, asked);
  return device == nullptr ? "none" : device->path;
}

Device a_raw_camera(const std::string& path) {
  Device device = test::a_camera(path);
  test::set_formats(device.capture_formats, {"RGGB"});
  return device;
}

TEST(ChooseCameraTest, TakesTheOneOfTheBoardsOnlyWhereItIsOne) {
  using test::a_camera;
  using test::an_encoder;
  EXPECT_EQ(chosen_of({}), "none");
  EXPECT_EQ(chosen_of({an_encoder("/dev/video0"), a_camera("/dev/video2")}), "/dev/video2");
  EXPECT_EQ(chosen_of({a_camera("/dev/video2"), a_camera("/dev/video3")}), "/dev/video3");
  EXPECT_EQ(chosen_of({a_camera("/dev/video2"), an_encoder("/dev/video3")}), "/dev/video2");
}

TEST(ChooseCameraTest, PrefersACameraWithTheUsualFormatToABareSensor) {
  EXPECT_EQ(chosen_of({a_raw_camera("/dev/video0"), test::a_camera("/dev/video1")}), "/dev/video1");
  EXPECT_EQ(chosen_of({a_raw_camera("/dev/video0")}), "/dev/video0");
}

TEST(ChooseCameraTest, TakesOneThatHasWhatIsAskedFor) {
  CameraOptions asked;
  asked.format = fourcc("RGGB");
  EXPECT_EQ(chosen_of({test::a_camera("/dev/video3"), a_raw_camera("/dev/video4")}, asked),
            "/dev/video4");
  asked.format = fourcc("NV12");
  asked.width_px = 640;
  asked.height_px = 480;
  Device small = test::a_camera("/dev/video5");
  small.capture_formats.back().sizes = {size_at(640, 480, 30)};
  EXPECT_EQ(chosen_of({test::a_camera("/dev/video3"), small}, asked), "/dev/video5");
  asked.width_px = 641;
  EXPECT_EQ(chosen_of({test::a_camera("/dev/video3"), small}, asked), "none");
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

TEST(CameraArgumentsTest, BecomeASetup) {
  CameraArguments arguments;
  arguments.controls = {"brightness=90", "label=a=b"};
  arguments.memory = "dma-buf";
  const auto picture = check(PictureArguments{"640x480", "NV12", "30000/1001"});
  ASSERT_TRUE(picture);
  const auto setup = check(arguments, *picture);
  ASSERT_TRUE(setup);
  EXPECT_TRUE(setup->device.empty()) << "auto: the first that fits";
  EXPECT_EQ(setup->options.memory, CameraMemory::dma_buf);
  EXPECT_EQ(setup->options.width_px, 640u);
  EXPECT_EQ(setup->options.interval, (FrameInterval{1001, 30000}));
  ASSERT_EQ(setup->controls.size(), 2u);
  EXPECT_EQ(setup->controls[1], std::pair(std::string("label"), std::string("a=b")));
}

TEST(CameraArgumentsTest, AreRefusedWhenAControlHasNoValueOrNoName) {
  for (const char* text : {"brightness", "=3", ""}) {
    CameraArguments arguments;
    arguments.controls = {text};
    const auto setup = check(arguments, {});
    ASSERT_FALSE(setup) << text;
    EXPECT_NE(setup.error().where.find("name=value"), std::string::npos);
  }
}

TEST(CameraFormatTextTest, SaysWhatMatters) {
  CameraFormat format;
  format.pixel_format = fourcc("YUYV");
  format.layout.width_px = 640;
  format.layout.height_px = 360;
  format.interval = {1001, 30000};
  format.buffers = 6;
  EXPECT_EQ(describe(format), "YUYV 640x360 at 29.97 frames a second in 6 buffers (mmap)");
  EXPECT_EQ(frame_period(format).count(), 33'366'666);
  format.interval = {};
  EXPECT_EQ(describe(format), "YUYV 640x360 in 6 buffers (mmap)");
  EXPECT_EQ(frame_period(format).count(), 33'333'333);
}

}  // namespace
}  // namespace vsl::command
