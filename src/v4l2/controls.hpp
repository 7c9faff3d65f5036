// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "v4l2/node.hpp"
#include "videostream/camera.hpp"

namespace vsl::v4l2 {

/// The name of a control for a command line: lower case, each run of other characters an
/// underscore, none at the ends. "White Balance, Automatic" is white_balance_automatic.
std::string control_key(const std::string& name);

/// Every control with its value. Errors: errno of the driver.
Result<std::vector<Control>> list_controls(const Node& node);

/// One control with its value; errors: invalid_argument (there is none).
Result<Control> find_control(const Node& node, std::uint32_t id);
/// By key, name, or number in any base. Errors: invalid_argument (says which there are).
Result<Control> find_control(const Node& node, const std::string& key);

/// What a text means for a control: a number, on/off, or the name of a choice.
/// Errors: invalid_argument (says what is possible).
Result<std::int64_t> parse_control_value(const Control& control, const std::string& text);

/// Errors: invalid_argument (out of range); permission_denied; device_or_resource_busy (inactive);
///         errno of the driver.
Result<void> set_control(const Node& node, const Control& control, std::int64_t value);
Result<void> set_control_text(const Node& node, const Control& control, const std::string& text);

}  // namespace vsl::v4l2
