// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "videostream/frame_info.hpp"

namespace vsl::v4l2 {

/// V4L2's codes for pictures whose bytes are those of `wanted`, best first: itself, other names of
/// the same bytes, then those that keep each plane in a buffer of its own.
std::vector<Fourcc> driver_codes(Fourcc wanted);

/// What frames in a driver's format are called: NV12 for NM12, whose planes lie in several buffers,
/// and so on. Other codes stay as they are.
Fourcc frame_code(Fourcc driver_code);

/// Colours as red, green and blue, Bayer patterns among them. Decides V4L2's colour defaults.
bool is_rgb(Fourcc driver_code);

/// What a driver says of one of the buffers that make up a picture.
struct MemoryPlane {
  std::uint32_t stride_bytes = 0;  ///< bytesperline; 0 for coded data
  std::uint32_t size_bytes = 0;    ///< sizeimage
};

/// What a driver says of a format (VIDIOC_S_FMT), in one shape for single- and multi-planar queues.
/// Bytes from outside: nothing in it is checked.
struct DriverFormat {
  Fourcc pixel_format;
  std::uint32_t width_px = 0, height_px = 0;
  std::uint32_t field = 0;                                              ///< V4L2_FIELD_*
  std::uint32_t colorspace = 0, transfer = 0, encoding = 0, range = 0;  /// raw, 0 = default
  std::uint32_t plane_count = 0;
  std::array<MemoryPlane, kMaxPlanes> planes{};
};

/// How the bytes of such pictures lie, called `fourcc`. Every number of the driver is checked.
/// Errors: protocol_error (the driver's numbers cannot be true).
Result<Layout> layout_of(const DriverFormat& driver, Fourcc fourcc);

}  // namespace vsl::v4l2
