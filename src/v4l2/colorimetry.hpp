// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "v4l2/pixel_format.hpp"

namespace vsl::v4l2 {

/// The colours of a driver's format in the code points of H.273; what the driver leaves open is
/// filled in by V4L2's rules (the V4L2_MAP_*_DEFAULT macros).
Colorimetry colorimetry_of(const DriverFormat& driver);

}  // namespace vsl::v4l2
