// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>

#include "codec/hantro/memory.hpp"
#include "videostream/frame_info.hpp"

namespace vsl::codec::hantro {

/// What a codec says of the frames it works in.
struct FrameNeeds {
  std::int32_t width_px = 0, height_px = 0;
  bool interlaced = false;
  std::int32_t alignment_bytes = 0;
  std::int32_t least_bytes = 0;
};

/// A frame that a codec reconstructs pictures in: luma, chroma in pairs, and its notes of motion,
/// one behind the other.
struct CodecFrame {
  static Result<CodecFrame> allocate(const std::shared_ptr<const Loaded>& loaded,
                                     const FrameNeeds& needs, std::uint32_t index);

  std::unique_ptr<DeviceMemory> memory;
  abi::FrameBuffer description{};
  Layout layout;  ///< of the whole picture in that memory
};

}  // namespace vsl::codec::hantro
