// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "videostream/frame_info.hpp"

namespace vsl::capi {

/// What a C program says about a picture.
struct PictureShape {
  Fourcc fourcc;
  std::uint32_t width_px = 0, height_px = 0;
  std::uint32_t stride_bytes = 0;  ///< of the first plane; 0 = no padding
};

/// The planes of a picture that fills `bytes` (0 = what it needs) from `offset_bytes` of one
/// buffer. When stride or size cannot hold all planes, as with the sizes release 2.5 computes for
/// odd pictures, it becomes one plane of opaque bytes. Errors: not_supported (`bytes` 0 and a
/// format whose size we do not know); invalid_argument.
Result<Layout> picture_layout(const PictureShape& shape, std::uint64_t bytes,
                              std::uint64_t offset_bytes);

}  // namespace vsl::capi
