// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "device_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_devices.hpp"

namespace vsl::command {
namespace {

using nlohmann::ordered_json;
using test::a_camera;
using test::a_decoder;
using test::an_encoder;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<Device> a_board() {
  return {a_camera("/dev/video0"), a_camera("/dev/video1", "usb-1", "Camera (infrared)"),
          an_encoder("/dev/video2"), a_decoder("/dev/video3")};
}

TEST(DeviceReportTest, HasTheListsThatScriptsRead) {
  const auto expected = ordered_json::parse(R"json({
    "cameras": [{"name": "Camera", "driver": "fake", "bus": "usb-1",
      "devices": [{"path": "/dev/video0"}, {"path": "/dev/video1", "card": "Camera (infrared)"}],
      "formats": ["YUYV", "NV12"], "memory": ["MMAP", "DMABUF"]}],
    "encoders": [{"name": "vpu encoder", "driver": "fake", "bus": "platform:vpu",
      "devices": [{"path": "/dev/video2"}], "formats": ["H264", "HEVC"],
      "memory": ["MMAP", "DMABUF"]}],
    "decoders": [{"name": "vpu video decoder", "driver": "fake", "bus": "platform:vpu",
      "devices": [{"path": "/dev/video3"}], "formats": ["H264"], "memory": ["MMAP", "DMABUF"]}],
    "converters": [],
    "summary": {"total_devices": 4, "hardware_units": 2, "cameras": 1, "encoders": 1,
      "decoders": 1, "converters": 0}})json");
  EXPECT_EQ(devices_json(a_board(), {}).dump(), expected.dump());
}

TEST(DeviceReportTest, KeepsListsThatWereNotAskedForButEmpty) {
  const ordered_json report =
      devices_json(a_board(), {.classes = {DeviceClass::encoder, DeviceClass::decoder}});
  EXPECT_TRUE(report["cameras"].empty());
  EXPECT_EQ(report["encoders"].size(), 1u);
  EXPECT_EQ(report["decoders"].size(), 1u);
  EXPECT_EQ(report["summary"]["cameras"], 1u) << "the summary counts all";
}

TEST(DeviceReportTest, CountsNodesWhenEachIsListed) {
  const ordered_json report = devices_json(a_board(), {.each_node = true});
  EXPECT_EQ(report["cameras"].size(), 2u);
  EXPECT_EQ(report["summary"]["hardware_units"], 4u);
  EXPECT_EQ(report["summary"]["cameras"], 2u);
}

TEST(DeviceReportTest, LeavesOutFormatsThatNobodyKnows) {
  Device camera = a_camera("/dev/video0");
  camera.capture_formats.clear();
  EXPECT_FALSE(devices_json({camera}, {})["cameras"][0].contains("formats"));
}

TEST(DeviceReportTest, IsTextWithABlockPerClassThatThereIs) {
  EXPECT_EQ(devices_text(a_board(), {}),
            "V4L2 Devices (4 nodes, 2 units)\n"
            "\n"
            "Cameras (1):\n"
            "  /dev/video{0,1} (2 devices)  Camera\n"
            "    Driver:  fake\n"
            "    Formats: YUYV, NV12\n"
            "    Memory:  MMAP, DMABUF\n"
            "\n"
            "Encoders (1):\n"
            "  /dev/video2  vpu encoder\n"
            "    Driver:  fake\n"
            "    Formats: H264, HEVC\n"
            "    Memory:  MMAP, DMABUF\n"
            "\n"
            "Decoders (1):\n"
            "  /dev/video3  vpu video decoder\n"
            "    Driver:  fake\n"
            "    Formats: H264\n"
            "    Memory:  MMAP, DMABUF\n"
            "\n"
            "Recommended encoder: /dev/video2 (vpu encoder)\n"
            "Recommended decoder: /dev/video3 (vpu video decoder)\n");
}

TEST(DeviceReportTest, SaysMoreWhenVerbose) {
  const std::string text = devices_text(a_board(), {.each_node = true, .verbose = true});
  EXPECT_THAT(text, HasSubstr("    Bus:     usb-1\n"));
  EXPECT_THAT(text, HasSubstr("    Type:    Decoder\n"));
  EXPECT_THAT(text, HasSubstr("Formats: H264 (compressed), HEVC (compressed), NV12\n"));
}

TEST(DeviceReportTest, SaysThatAClassThatWasAskedForHasNoDevice) {
  const std::string text =
      devices_text({a_camera("/dev/video0")}, {.classes = {DeviceClass::encoder}});
  EXPECT_EQ(text, "V4L2 Devices (1 node, 1 unit)\n\nEncoders (0):\n  No devices found\n");
}

TEST(DeviceReportTest, IsRightOnAMachineWithoutDevices) {
  EXPECT_EQ(devices_text({}, {}), "V4L2 Devices (0 nodes, 0 units)\n\nNo devices found\n");
  EXPECT_EQ(devices_json({}, {})["summary"]["total_devices"], 0u);
}

TEST(DeviceReportTest, RecommendsNoCodecThatFewCanUse) {
  Device encoder = an_encoder("/dev/video0");
  test::set_formats(encoder.capture_formats, {"MJPG"});
  EXPECT_THAT(devices_text({encoder}, {}), Not(HasSubstr("Recommended")));
}

}  // namespace
}  // namespace vsl::command
