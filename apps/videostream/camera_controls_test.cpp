// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camera_controls.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vsl::command {
namespace {

Control brightness() {
  Control control;
  control.id = 0x00980900;
  control.name = "Brightness";
  control.key = "brightness";
  control.maximum = 255;
  control.step = 1;
  control.default_value = 128;
  control.value = 90;
  return control;
}

TEST(ControlTextTest, HasKeyValueRangeAndDefault) {
  const std::string text = to_text(brightness());
  for (const char* part : {"brightness ", "integer", "= 90", "0 to 255", "default 128"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  EXPECT_EQ(text.back(), '\n');
}

TEST(ControlTextTest, NamesTheChoicesOfAMenu) {
  Control control = brightness();
  control.type = ControlType::menu;
  control.choices = {{0, "Off"}, {2, "Auto"}};
  EXPECT_NE(to_text(control).find("\n    0: Off\n    2: Auto\n"), std::string::npos);
}

TEST(ControlJsonTest, HasEveryNumberOfANumericControl) {
  const nlohmann::ordered_json expected{
      {"key", "brightness"}, {"name", "Brightness"}, {"id", "0x00980900"}, {"type", "integer"},
      {"read_only", false},  {"inactive", false},    {"value", 90},        {"default", 128},
      {"minimum", 0},        {"maximum", 255},       {"step", 1}};
  EXPECT_EQ(to_json(brightness()), expected);
}

TEST(ControlJsonTest, LeavesOutWhatAControlHasNot) {
  Control control = brightness();
  control.type = ControlType::button;
  EXPECT_FALSE(to_json(control).contains("value"));
  control.type = ControlType::integer;
  control.write_only = true;
  EXPECT_FALSE(to_json(control).contains("value"));
  control = Control{};
  control.type = ControlType::text;
  control.text = "hello";
  EXPECT_EQ(to_json(control)["value"], "hello");
}

}  // namespace
}  // namespace vsl::command
