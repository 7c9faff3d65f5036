// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <linux/videodev2.h>

#include <cstdint>
#include <string>

namespace vsl::v4l2 {

/// A queue of an open device, as those who work with it share it.
struct Node {
  int fd = -1;       ///< borrowed
  std::string path;  ///< for messages
  bool multiplanar = false;
  bool output = false;  ///< the queue that pictures or coded data go into

  std::uint32_t buffer_type() const {
    if (output) return multiplanar ? V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE : V4L2_BUF_TYPE_VIDEO_OUTPUT;
    return multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
  }
};

}  // namespace vsl::v4l2
