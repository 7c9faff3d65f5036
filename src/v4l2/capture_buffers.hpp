// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>
#include <vector>

#include "base/mapping.hpp"
#include "v4l2/negotiate.hpp"

namespace vsl::v4l2 {

/// Memory of one plane of one of the driver's buffers.
struct CapturePlane {
  std::uint32_t bytes = 0;
  std::shared_ptr<Buffer> memory;  ///< what frames lie in; none where pictures are copied
  std::uint64_t map_offset = 0;    ///< where the driver lets its own memory be mapped
  Mapping driver_map;              ///< its own memory, once it is mapped
};

using CaptureBuffer = std::array<CapturePlane, kMaxPlanes>;

/// V4L2_MEMORY_* of a kind of memory.
std::uint32_t v4l2_memory(CameraMemory kind);

/// VIDIOC_REQBUFS: how many there are now; 0 frees them. Errors: errno of the ioctl.
Result<std::uint32_t> request_buffers(const Node& node, CameraMemory kind, std::uint32_t count);

/// Has the driver set up buffers of a kind (not automatic), exports or allocates what they lie in.
/// Errors: not_supported (the driver or the machine does not know this kind of memory); errno of
///         the call that failed. Nothing stays behind then.
Result<std::vector<CaptureBuffer>> set_up_buffers(const Node& node, const Agreement& agreed,
                                                  CameraMemory kind, const CameraOptions& wanted);

/// Frees the driver's buffers. Frames keep memory that was exported.
/// Errors: device_or_resource_busy (an old kernel, and frames are still held).
Result<void> free_buffers(const Node& node, CameraMemory kind);

}  // namespace vsl::v4l2
