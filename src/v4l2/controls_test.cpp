// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/controls.hpp"

#include <gtest/gtest.h>

namespace vsl::v4l2 {
namespace {

// As `v4l2-ctl --list-ctrls` writes these names.
TEST(ControlsTest, WritesNamesAsV4l2CtlDoes) {
  EXPECT_EQ(control_key("Brightness"), "brightness");
  EXPECT_EQ(control_key("White Balance, Automatic"), "white_balance_automatic");
  EXPECT_EQ(control_key("  Exposure (Absolute) "), "exposure_absolute");
  EXPECT_EQ(control_key("Percentage of Dropped Buffers"), "percentage_of_dropped_buffers");
  EXPECT_EQ(control_key("Integer 32 Bits"), "integer_32_bits");
  EXPECT_EQ(control_key("---"), "");
  EXPECT_EQ(control_key("Gr\xc3\xbc\xc3\x9f"
                        "e"),
            "gr_e");
}

TEST(ControlsTest, ReadsNumbersSwitchesAndNamesOfChoices) {
  const Control number{.key = "gain", .minimum = -5, .maximum = 5};
  EXPECT_EQ(*parse_control_value(number, "-3"), -3);
  EXPECT_EQ(*parse_control_value(number, "0x10"), 16);
  const Control toggle{.key = "flip", .type = ControlType::boolean, .maximum = 1};
  EXPECT_EQ(*parse_control_value(toggle, "on"), 1);
  EXPECT_EQ(*parse_control_value(toggle, "False"), 0);
  EXPECT_EQ(*parse_control_value(toggle, "1"), 1);
  const Control menu{.key = "mode",
                     .type = ControlType::menu,
                     .maximum = 2,
                     .choices = {{0, "Off"}, {2, "50 Hz"}}};
  EXPECT_EQ(*parse_control_value(menu, "50 Hz"), 2);
  EXPECT_EQ(*parse_control_value(menu, "50_hz"), 2);
  EXPECT_EQ(*parse_control_value(menu, "0"), 0);
}

TEST(ControlsTest, SaysWhatIsPossibleWhenAValueMakesNoSense) {
  const Control number{.key = "gain", .minimum = -5, .maximum = 5};
  for (const char* text : {"", "much", "3x", "99999999999999999999"}) {
    const auto value = parse_control_value(number, text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, std::errc::invalid_argument);
    EXPECT_NE(value.error().where.find("-5 to 5"), std::string::npos) << value.error().where;
  }
  const Control menu{.key = "mode", .type = ControlType::menu, .choices = {{2, "50 Hz"}}};
  const auto value = parse_control_value(menu, "60 Hz");
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().where.find("2 (50 Hz)"), std::string::npos) << value.error().where;
}

}  // namespace
}  // namespace vsl::v4l2
