// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "videostream/device.hpp"

namespace vsl::command {

/// "1280x720 (30, 15 fps)", "48x48 to 4096x2160 (1 to 60 fps)".
std::string size_text(const FrameSize& size);

/// What a device captures in which sizes: a line each for formats whose sizes are the same, with
/// the largest sizes first. `all`: every format and size instead of the first ones.
std::vector<std::string> size_lines(const Device& device, bool all);

/// Every size of every format: of a range the smallest, the largest and the step. Rates are
/// pictures a second; of a range ("fps_range") the lowest and the highest.
nlohmann::ordered_json sizes_json(const Device& device);

}  // namespace vsl::command
