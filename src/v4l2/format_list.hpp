// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <vector>

#include "v4l2/probe.hpp"

namespace vsl::v4l2 {

/// The formats of the queue of this V4L2_BUF_TYPE_*, with sizes and intervals. What a driver says
/// twice is listed once; what makes no sense (no code, no width, an interval of nothing) is left
/// out; a driver that never stops answering is left after a while.
std::vector<DeviceFormat> list_formats(const Ask& ask, std::uint32_t queue);

}  // namespace vsl::v4l2
