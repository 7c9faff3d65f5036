// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "camera_setup.hpp"
#include "command.hpp"

namespace vsl::command {

/// `stream --list-controls`: prints what can be set on the camera; returns the exit code.
int list_controls(const Globals& globals, const CameraSetup& setup);

/// One control for people (a line, and one for each choice of a menu), and for programs.
std::string to_text(const Control& control);
nlohmann::ordered_json to_json(const Control& control);

}  // namespace vsl::command
