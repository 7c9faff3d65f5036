// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <vector>

#include "v4l2/camera_impl.hpp"
#include "videostream.h"

/// One of the driver's buffers. What the last picture in it was like is written when it is
/// captured.
struct vsl_camera_buffer {
  std::uint32_t index = 0;
  void* data = nullptr;  ///< the driver's memory of the first plane
  int dma_fd = -1;       ///< borrowed from the queue
  std::uint64_t physical_address = 0;
  std::uint32_t bytes = 0, fourcc = 0, stride_bytes = 0;
  std::uint32_t sequence = 0, flags = 0;
  std::int64_t stamp_ns = 0;
};

/// A camera as release 2.5 knew it: raw buffers of the driver, of which the first plane is shown.
struct vsl_camera {
  vsl::Camera camera;
  std::vector<vsl_camera_buffer> buffers;  ///< empty until it is set up
};
