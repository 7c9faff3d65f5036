// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <linux/videodev2.h>

#include <algorithm>

#include "cameras.hpp"
#include "colour_bars.hpp"

namespace vsl::lab {
namespace {

class CameraControlTest : public CameraTest {};

const KnownFormat kYuyv{"YUYV", Colors::yuv, {{0, 0, 1, 2}, {0, 1, 2, 4}, {0, 3, 2, 4}}};

Control find(const Camera& camera, const std::string& key) {
  const auto controls = camera.controls();
  if (!controls) return {};
  for (const Control& control : *controls) {
    if (control.key == key) return control;
  }
  return {};
}

TEST_F(CameraControlTest, AreListedWithTypeRangeAndChoices) {
  auto camera = open_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  const Control brightness = find(*camera, "brightness");
  EXPECT_EQ(brightness.id, static_cast<std::uint32_t>(V4L2_CID_BRIGHTNESS));
  EXPECT_EQ(brightness.name, "Brightness");
  EXPECT_EQ(brightness.type, ControlType::integer);
  EXPECT_EQ(brightness.minimum, 0);
  EXPECT_EQ(brightness.maximum, 255);
  EXPECT_EQ(brightness.step, 1);
  EXPECT_EQ(brightness.default_value, 128);
  EXPECT_EQ(brightness.value, 128);
  EXPECT_EQ(find(*camera, "horizontal_flip").type, ControlType::boolean);
  EXPECT_EQ(find(*camera, "button").type, ControlType::button);
  const Control pattern = find(*camera, "test_pattern");
  EXPECT_EQ(pattern.type, ControlType::menu);
  ASSERT_GT(pattern.choices.size(), 5U);
  EXPECT_EQ(pattern.choices[1].name, "100% Colorbar");
  EXPECT_EQ(pattern.value, 1);
  const Control numbers = find(*camera, "integer_menu");
  EXPECT_EQ(numbers.type, ControlType::integer_menu);
  EXPECT_TRUE(std::any_of(numbers.choices.begin(), numbers.choices.end(),
                          [](const ControlChoice& choice) { return choice.name == "42"; }));
  EXPECT_TRUE(find(*camera, "read_only_integer_32_bits").read_only);
  EXPECT_EQ(find(*camera, "string").type, ControlType::text);
  EXPECT_EQ(find(*camera, "integer_64_bits").type, ControlType::integer);
}

TEST_F(CameraControlTest, TakeValuesByKeyNameAndNumber) {
  auto camera = open_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  const auto value = [&](const std::string& key) { return find(*camera, key).value; };
  EXPECT_OK(camera->set_control("contrast", "200"));
  EXPECT_EQ(value("contrast"), 200);
  EXPECT_OK(camera->set_control("Contrast", "0x40"));
  EXPECT_EQ(value("contrast"), 64);
  EXPECT_OK(camera->set_control("0x00980901", "100"));
  EXPECT_EQ(*camera->control(V4L2_CID_CONTRAST), 100);
  EXPECT_OK(camera->set_control(V4L2_CID_CONTRAST, 128));
  EXPECT_EQ(value("contrast"), 128);
  EXPECT_OK(camera->set_control("boolean", "off"));
  EXPECT_EQ(value("boolean"), 0);
  EXPECT_OK(camera->set_control("osd_text_mode", "counters_only"));
  EXPECT_EQ(value("osd_text_mode"), 1);
  EXPECT_OK(camera->set_control("integer_64_bits", "0x123456789a"));
  EXPECT_EQ(value("integer_64_bits"), 0x123456789a);
  EXPECT_OK(camera->set_control("bitmask", "0x80002000"));
  EXPECT_EQ(value("bitmask"), 0x80002000);
  EXPECT_OK(camera->set_control("string", "abc"));  // vivid's has 2 to 4 characters
  EXPECT_EQ(find(*camera, "string").text, "abc");
  EXPECT_OK(camera->set_control("button", ""));
  EXPECT_OK(reset(*camera));
}

TEST_F(CameraControlTest, SayWhatThereIsWhenTheyAreSetWrong) {
  auto camera = open_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  const auto refusal = [&](const char* key, const char* value) {
    const auto set = camera->set_control(key, value);
    return set ? Error{} : set.error();
  };
  const Error unknown = refusal("brightnes", "1");
  EXPECT_EQ(unknown.code, std::errc::invalid_argument);
  EXPECT_NE(unknown.where.find("brightness"), std::string::npos) << unknown.where;
  const Error beyond = refusal("brightness", "256");
  EXPECT_EQ(beyond.code, std::errc::invalid_argument);
  EXPECT_NE(beyond.where.find("0 to 255"), std::string::npos) << beyond.where;
  const Error choice = refusal("osd_text_mode", "Some");
  EXPECT_EQ(choice.code, std::errc::invalid_argument);
  EXPECT_NE(choice.where.find("Counters Only"), std::string::npos) << choice.where;
  EXPECT_EQ(refusal("read_only_integer_32_bits", "1").code, std::errc::permission_denied);
  EXPECT_EQ(refusal("string", "much too long").code, std::errc::invalid_argument);
  EXPECT_EQ(refusal("0x00980902x", "1").code, std::errc::invalid_argument);
  const auto controls = camera->controls();
  const auto inactive = std::find_if(controls->begin(), controls->end(), [](const Control& c) {
    return c.inactive && !c.read_only && c.type != ControlType::other;
  });
  ASSERT_NE(inactive, controls->end()) << "vivid has some that do not apply to a webcam";
  EXPECT_EQ(camera->set_control(inactive->id, inactive->default_value).error().code,
            std::errc::device_or_resource_busy);
  EXPECT_FALSE(camera->set_control(0xdeadbeef, 1));
  EXPECT_FALSE(camera->control(1));
}

TEST_F(CameraControlTest, MirrorThePicture) {
  for (const Vivid which : kBothKinds) {
    auto camera = stream_vivid(which);
    ASSERT_OK(camera);
    ASSERT_OK(camera->mirror_horizontal(true));
    ASSERT_OK(camera->mirror_vertical(true));
    EXPECT_EQ(*camera->control(V4L2_CID_HFLIP), 1);
    EXPECT_EQ(*camera->control(V4L2_CID_VFLIP), 1);
    ASSERT_OK(camera->stop());  // pictures from before
    ASSERT_OK(camera->start());
    auto frame = next(*camera);
    ASSERT_OK(frame);
    EXPECT_EQ(check_bars(*frame, kYuyv, true), "");
    ASSERT_OK(camera->mirror_horizontal(false));
    EXPECT_OK(reset(*camera));
  }
}

}  // namespace
}  // namespace vsl::lab
