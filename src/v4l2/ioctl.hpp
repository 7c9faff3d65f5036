// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "videostream/result.hpp"

namespace vsl::v4l2 {

/// ioctl(2), repeated when a signal interrupts it. Returns what it returns and leaves errno.
int call(int fd, unsigned long request, void* argument) noexcept;

/// The name of a V4L2 request for messages: "VIDIOC_S_FMT"; unknown ones as a number.
std::string request_name(unsigned long request);

/// The error that call() has just left in errno: "VIDIOC_S_FMT on /dev/video0: …". `detail` says
/// what was asked for: "NV12 1920x1080".
Error call_error(unsigned long request, const std::string& path, const std::string& detail = {});

/// call() of which any failure is an error.
Result<void> require(int fd, unsigned long request, void* argument, const std::string& path,
                     const std::string& detail = {});

}  // namespace vsl::v4l2
