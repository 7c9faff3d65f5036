// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <linux/videodev2.h>

#include <cstdint>
#include <string>

namespace vsl::v4l2 {

/// An open capture device, as the parts of a camera share it.
struct Node {
  int fd = -1;       ///< borrowed
  std::string path;  ///< for messages
  bool multiplanar = false;

  std::uint32_t buffer_type() const {
    return multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
  }
};

}  // namespace vsl::v4l2
