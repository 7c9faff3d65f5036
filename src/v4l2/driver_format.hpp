// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "v4l2/node.hpp"
#include "v4l2/pixel_format.hpp"

namespace vsl::v4l2 {

/// VIDIOC_G_FMT. Errors: errno of the ioctl.
Result<DriverFormat> current_format(const Node& node);

/// VIDIOC_S_FMT. What is zero in `wanted` stays as the driver has it; strides and sizes of memory
/// are the driver's choice unless `planes` says some. Errors: errno of the ioctl; protocol_error.
Result<DriverFormat> set_format(const Node& node, const DriverFormat& wanted);

}  // namespace vsl::v4l2
