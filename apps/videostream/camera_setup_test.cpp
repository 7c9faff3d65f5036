// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camera_setup.hpp"

#include <gtest/gtest.h>

namespace vsl::command {
namespace {

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
