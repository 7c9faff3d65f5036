// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "info_report.hpp"

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

TEST(InfoReportTest, ListsTheFormatsOfACameraAlsoWhenItIsBusy) {
  EXPECT_EQ(camera_json({"/dev/video0", a_camera("/dev/video0"), ""}).dump(),
            R"({"device":"/dev/video0","available":true,"formats":["YUYV","NV12"]})");
  const ordered_json busy = camera_json({"/dev/video0", a_camera("/dev/video0"), "it is busy"});
  EXPECT_FALSE(busy["available"]);
  EXPECT_EQ(busy["formats"].size(), 2u);
  EXPECT_EQ(busy["reason"], "it is busy");
  EXPECT_FALSE(camera_json({"/dev/video0", std::nullopt, "missing"}).contains("formats"));
}

TEST(InfoReportTest, ListsAllNodesWithWhatTheyCode) {
  Device camera = a_camera("/dev/video0");
  test::set_formats(camera.capture_formats,
                    {"YUYV", "UYVY", "MJPG", "NV12", "NV21", "YV12", "GREY"});
  Device converter = a_camera("/dev/video1");
  converter.type = DeviceType::isp;
  const ordered_json nodes = v4l2_json(
      {camera, converter, an_encoder("/dev/video2"), a_decoder("/dev/video3")})["devices"];
  ASSERT_EQ(nodes.size(), 4u);
  EXPECT_EQ(nodes[0]["formats"].size(), 5u);
  EXPECT_FALSE(nodes[0]["is_encoder"]);
  EXPECT_FALSE(nodes[1].contains("formats"));
  EXPECT_EQ(
      nodes[2].dump(),
      R"json({"path":"/dev/video2","name":"vpu encoder","driver":"fake","type":"Encoder","is_encoder":true,)json"
      R"json("is_decoder":false,"formats":["H264","HEVC"]})json");
  EXPECT_TRUE(nodes[3]["is_decoder"]);
  EXPECT_EQ(nodes[3]["formats"].dump(), R"(["H264"])");
}

TEST(InfoReportTest, SaysInWordsWhatTheObjectSays) {
  ordered_json report{{"version", "2.7.0"}};
  report["camera"] = camera_json({"/dev/video3", std::nullopt, "no such file"});
  report["decoder"] = {{"available", true},
                       {"codecs", {"H.264"}},
                       {"selected", {"H.264 by software"}},
                       {"missing", {"hantro: no such node", "v4l2: decodes nothing here"}},
                       {"backend_selection", true}};
  report["v4l2_codecs"] = v4l2_json({an_encoder("/dev/video2")});
  EXPECT_EQ(info_text(report),
            "VideoStream System Information\n\nLibrary version: 2.7.0\n"
            "\nCamera /dev/video3\n  Status: \u2717 not available: no such file\n"
            "\nDecoder\n  Status: \u2713 available\n  Codecs: H.264\n"
            "  Backend selection: H.264 by software\n"
            "  Not used: hantro: no such node; v4l2: decodes nothing here\n"
            "\nV4L2 devices\n  Status: \u2713 1 found\n"
            "  /dev/video2\n    Name: vpu encoder\n    Driver: fake\n    Type: Encoder\n"
            "    Formats: H264, HEVC\n");
  EXPECT_THAT(info_text({{"version", "2.7.0"}, {"v4l2_codecs", v4l2_json({})}}),
              HasSubstr("no devices found"));
}

TEST(InfoReportTest, NamesNoCameraWhereThereIsNone) {
  const ordered_json camera = camera_json({"", std::nullopt, "there is none"});
  EXPECT_EQ(camera["device"], "");
  EXPECT_THAT(info_text({{"version", "2.7.0"}, {"camera", camera}}),
              HasSubstr("\nCamera\n  Status: \u2717 not available: there is none\n"));
}

CodecAbility encoder_of(Fourcc codec, CodecBackend backend) {
  return {.codec = codec,
          .backend = backend,
          .encodes = true,
          .decodes = false,
          .name = "vicodec",
          .device = backend == CodecBackend::v4l2 ? "/dev/video0" : ""};
}

TEST(InfoReportTest, CallsACodecOfADriverByItsFourcc) {
  CodecReport codecs;
  codecs.abilities.push_back(encoder_of(fourcc("FWHT"), CodecBackend::v4l2));
  const auto section = codec_json(codecs, true, {{fourcc("FWHT"), CodecBackend::v4l2, ""}}, "");
  EXPECT_EQ(section["codecs"].dump(), R"(["FWHT"])");
  EXPECT_EQ(section["backends"][0], "FWHT by v4l2: vicodec (/dev/video0)");
  EXPECT_EQ(section["selected"][0], "FWHT by v4l2");
}

TEST(InfoReportTest, SaysOfEveryBackendThatIsNotTakenWhy) {
  CodecReport codecs;
  codecs.abilities = {encoder_of(fourcc("H264"), CodecBackend::v4l2),
                      encoder_of(fourcc("H264"), CodecBackend::software)};
  codecs.missing = {
      {CodecBackend::hantro, Error::of(std::errc::permission_denied, "use /dev/mxc_hantro")}};
  const std::vector<ChosenCodec> by_v4l2{{fourcc("H264"), CodecBackend::v4l2, ""}};
  EXPECT_EQ(
      codec_json(codecs, true, by_v4l2, "")["missing"].dump(),
      R"(["hantro: use /dev/mxc_hantro: Permission denied","software: another one comes first"])");
  const std::vector<ChosenCodec> by_software{{fourcc("H264"), CodecBackend::software, ""}};
  EXPECT_EQ(codec_json(codecs, true, by_software, "software")["missing"][1],
            "v4l2: VSL_CODEC_BACKEND says software");
  codecs.missing.clear();
  EXPECT_EQ(
      codec_json(codecs, false, {}, "")["missing"].dump(),
      R"(["v4l2: decodes nothing here","hantro: decodes nothing here","software: decodes nothing here"])");
}

TEST(InfoReportTest, WhatTheMachineDoesNotHaveIsNoFailedAttempt) {
  CodecReport codecs;
  codecs.missing = {
      {CodecBackend::v4l2, Error::of(std::errc::no_such_device, "look for V4L2 encoders")},
      {CodecBackend::hantro, Error::of(std::errc::no_such_file_or_directory, "use /dev/hantro")}};
  const auto missing = codec_json(codecs, true, {}, "")["missing"];
  EXPECT_EQ(missing[0], "v4l2: no V4L2 device here encodes or decodes");
  EXPECT_EQ(missing[1], "hantro: there is no /dev/hantro");
}

TEST(InfoReportTest, WhatNobodyIsTakenForIsNotAvailable) {
  CodecReport codecs;
  codecs.abilities = {encoder_of(fourcc("H264"), CodecBackend::software)};
  const auto section =
      codec_json(codecs, true, {{fourcc("H264"), std::nullopt, "v4l2 does not"}}, "v4l2");
  EXPECT_FALSE(section["available"]);
  EXPECT_FALSE(section.contains("codecs"));
  EXPECT_EQ(section["reason"], "v4l2 does not");
  EXPECT_EQ(section["backends"].size(), 1u);
}

TEST(InfoReportTest, SaysWhoConvertsAndWhyAnotherDoesNot) {
  const ConverterBackend libyuv{"libyuv", "all formats, on the CPU", std::nullopt};
  const ConverterBackend g2d{"g2d", "",
                             Error::of(std::errc::no_such_file_or_directory, "load libg2d.so.2")};
  EXPECT_EQ(info_text({{"version", "2.7.0"}, {"converter", converter_json({g2d, libyuv})}}),
            "VideoStream System Information\n\nLibrary version: 2.7.0\n"
            "\nConverter\n  Status: \u2713 available\n"
            "  Backends: libyuv: all formats, on the CPU\n"
            "  Not used: g2d: its library is not installed\n");
  EXPECT_FALSE(converter_json({g2d})["available"]);
}

}  // namespace
}  // namespace vsl::command
