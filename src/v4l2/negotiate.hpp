// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "v4l2/driver_format.hpp"
#include "videostream/camera.hpp"

namespace vsl::v4l2 {

/// What a driver agreed to capture.
struct Agreement {
  DriverFormat driver;
  Layout layout;       ///< of coded data: one plane as large as its buffer
  bool coded = false;  ///< pictures differ in size
  FrameInterval interval;
  std::uint8_t interlace = 0;  ///< as FrameInfo::interlace
  Rect crop;                   ///< where in the buffer the picture is; width 0 = everywhere
};

/// Of the `formats` the device has, sets format, size and interval of a device that has no buffers.
/// A crop that another program left behind is undone, as release 2.5 did. Errors: invalid_argument
/// (no such format or size: says which there are); errno of the ioctl.
Result<Agreement> negotiate(const Node& node, const std::vector<DeviceFormat>& formats,
                            const CameraOptions& wanted);

/// What follows from a driver's format: how pictures called `name` lie, and what of them is to
/// be seen. Errors: protocol_error (the driver's numbers cannot be true).
Result<Agreement> agreement_on(const Node& node, const DriverFormat& driver, Fourcc name,
                               bool coded);

}  // namespace vsl::v4l2
