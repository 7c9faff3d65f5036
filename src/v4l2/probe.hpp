// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "videostream/device.hpp"

namespace vsl::v4l2 {

/// How a question reaches a driver: as ioctl(2), less than zero and errno when it is refused.
using Ask = std::function<int(unsigned long request, void* argument)>;

/// The V4L2_BUF_TYPE_* of the queues that carry a node's pictures; 0: it has none.
struct Queues {
  std::uint32_t capture = 0, output = 0;
};
/// Of a node with these V4L2_CAP_*: multi-planar where it has that. Memory-to-memory nodes have
/// both queues; nodes for metadata, touch, radio and the like have none.
Queues queues_of(std::uint32_t capabilities) noexcept;

/// What the node behind an open descriptor is and can do. Changes nothing on the device, whoever
/// uses it. Ask before there are buffers on this very descriptor: with drivers that do not say what
/// memory they take it frees them.
/// Errors: not_supported (no V4L2 node, or none that carries pictures); errno of VIDIOC_QUERYCAP.
Result<Device> probe_device(int fd, const std::string& path);
Result<Device> probe_device(const Ask& ask, const std::string& path);

/// Whether a capture node would take exactly this, by VIDIOC_TRY_FMT: for drivers that list no
/// sizes.
bool would_capture(const Ask& ask, const Device& device, Fourcc format, std::uint32_t width_px,
                   std::uint32_t height_px);

}  // namespace vsl::v4l2
