// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

namespace vsl::v4l2 {

/// Who else has this device open, for a message: "held by process 4711 (cheese)"; empty where it
/// cannot be told: other users' processes can only be looked into by root. Best effort.
std::string describe_holders(int fd);

}  // namespace vsl::v4l2
