// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "videostream/camera.hpp"

namespace vsl::command {

/// Where boards of release 2.5 have their camera.
inline constexpr const char* kBoardCamera = "/dev/video3";

/// The camera to use when none is named: kBoardCamera where that is one, otherwise the first that
/// has YUYV, otherwise the first; of those that capture what is asked for. Errors: of find_camera.
Result<std::string> default_camera(const CameraOptions& asked);

/// What to ask a device for where `asked` leaves it open: 1920x1080 YUYV, as release 2.5 did, if
/// the device offers that at 15 frames a second or more; otherwise YUYV; otherwise what is set.
CameraOptions choose_picture(const Device& device, const CameraOptions& asked);

}  // namespace vsl::command
