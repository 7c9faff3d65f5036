// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "device_units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_devices.hpp"

namespace vsl::command {
namespace {

using test::a_camera;
using test::a_decoder;
using test::an_encoder;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(PathRangeTest, ShortensThePathsOfAUnit) {
  const auto range = [](std::vector<int> numbers) {
    std::vector<std::string> paths;
    for (const int number : numbers) paths.push_back("/dev/video" + std::to_string(number));
    return path_range(paths);
  };
  EXPECT_EQ(range({7}), "/dev/video7");
  EXPECT_EQ(range({0, 1}), "/dev/video{0,1} (2 devices)");
  EXPECT_EQ(range({0, 3}), "/dev/video{0,3} (2 devices)");
  EXPECT_EQ(range({0, 1, 2}), "/dev/video0-2 (3 devices)");
  EXPECT_EQ(range({8, 9, 10, 11, 12}), "/dev/video8-12 (5 devices)");
  EXPECT_EQ(range({0, 1, 2, 4}), "/dev/video{0,1,2,4} (4 devices)");
  EXPECT_EQ(range({0, 1, 2, 4, 5, 6, 7}), "/dev/video{0,..} (7 devices)");
  EXPECT_EQ(path_range({"/dev/left", "/dev/right"}), "/dev/left,.. (2 devices)");
}

TEST(DeviceUnitsTest, AreTheNodesOfOneBusThatAreForTheSame) {
  const std::vector<Device> devices{
      a_camera("/dev/video0", "usb-1", "Zoom"), an_encoder("/dev/video1"),
      a_camera("/dev/video2", "usb-1", "Zoom infrared"), a_decoder("/dev/video3"),
      a_camera("/dev/video4", "usb-2", "Alpha")};
  const auto units = units_of(devices, false);
  ASSERT_EQ(units.size(), 4u);
  EXPECT_EQ(units[0].speaker().card, "Alpha") << "by name";
  EXPECT_THAT(units[1].paths(), ElementsAre("/dev/video0", "/dev/video2"));
  EXPECT_EQ(units[1].speaker().card, "Zoom");
  EXPECT_EQ(units[2].kind, DeviceClass::encoder);
  EXPECT_EQ(units[3].kind, DeviceClass::decoder) << "not hidden behind the encoder of its bus";
  EXPECT_EQ(count_hardware(devices), 3u);
}

TEST(DeviceUnitsTest, AreNodesInTheirOrderWhenEachWasAskedFor) {
  const auto units = units_of(
      {a_camera("/dev/video0", "usb-1", "Zoom"), a_camera("/dev/video1", "usb-1", "Alpha")}, true);
  ASSERT_EQ(units.size(), 2u);
  EXPECT_EQ(units[0].speaker().path, "/dev/video0");
}

TEST(DeviceUnitsTest, DoNotJoinNodesThatKnowNoBus) {
  const std::vector<Device> devices{a_camera("/dev/video0", "", "Loop"),
                                    a_camera("/dev/video1", "", "Loop")};
  EXPECT_EQ(units_of(devices, false).size(), 2u);
  EXPECT_EQ(count_hardware(devices), 2u);
}

TEST(DeviceFormatsTest, OfCodecsAreTheCodedOnesOfTheirCodedSide) {
  EXPECT_THAT(short_format_names(an_encoder("/dev/video1")), ElementsAre("H264", "HEVC"));
  EXPECT_THAT(short_format_names(a_decoder("/dev/video1")), ElementsAre("H264"));
}

TEST(DeviceFormatsTest, OfCamerasAreFivePlainOnesAndTheNumberOfTheRest) {
  Device camera = a_camera("/dev/video0");
  test::set_formats(camera.capture_formats, {"MJPG", "YUYV"});
  EXPECT_THAT(short_format_names(camera), ElementsAre("YUYV", "+1 more"));
  test::set_formats(camera.capture_formats,
                    {"YUYV", "UYVY", "MJPG", "NV12", "NV21", "YV12", "GREY"});
  EXPECT_THAT(short_format_names(camera),
              ElementsAre("YUYV", "UYVY", "NV12", "NV21", "YV12", "+2 more"));
  test::set_formats(camera.capture_formats, {"MJPG", "H264"});
  EXPECT_THAT(short_format_names(camera), ElementsAre("MJPG", "H264")) << "it has no others";
  test::set_formats(camera.capture_formats, {});
  EXPECT_THAT(short_format_names(camera), IsEmpty());
}

TEST(DeviceFormatsTest, OfDisplaysAreThoseTheyTake) {
  Device display = a_camera("/dev/video0");
  display.type = DeviceType::output;
  std::swap(display.capture_formats, display.output_formats);
  std::swap(display.capture_memory, display.output_memory);
  EXPECT_THAT(short_format_names(display), ElementsAre("YUYV", "NV12"));
  EXPECT_THAT(memory_names(display), ElementsAre("MMAP", "DMABUF"));
}

TEST(DeviceFormatsTest, AreNamedOnceWhenBothSidesHaveThem) {
  Device scaler = a_camera("/dev/video0");
  scaler.type = DeviceType::isp;
  test::set_formats(scaler.output_formats, {"YUYV", "GREY"});
  std::vector<std::string> names;
  for (const DeviceFormat& format : all_formats(scaler)) names.push_back(format.fourcc.to_string());
  EXPECT_THAT(names, ElementsAre("YUYV", "NV12", "GREY"));
}

}  // namespace
}  // namespace vsl::command
