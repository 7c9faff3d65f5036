// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/hantro/codec_frame.hpp"

#include <algorithm>

namespace vsl::codec::hantro {
namespace {

constexpr std::uint32_t kBlockPx = 16;
constexpr std::uint64_t kLeastAlignment = 16;

/// Where the parts of a frame begin.
struct Parts {
  std::uint32_t stride_bytes;
  std::uint64_t chroma, motion, end;
};

// Rows and columns are whole macroblocks, of which fields have two rows.
Parts parts_of(const FrameNeeds& needs) {
  const std::uint32_t rows_px = needs.interlaced ? 2 * kBlockPx : kBlockPx;
  const auto width = align_up(static_cast<std::uint64_t>(needs.width_px), kBlockPx);
  const auto height = align_up(static_cast<std::uint64_t>(needs.height_px), rows_px);
  const std::uint64_t luma = width * height, motion = luma + luma / 2, end = motion + luma / 4;
  const auto least = static_cast<std::uint64_t>(std::max(needs.least_bytes, 0));
  return {static_cast<std::uint32_t>(width), luma, motion, std::max(end, least)};
}

abi::FrameBuffer describe(const DeviceMemory& memory, const Parts& parts, std::uint64_t skipped,
                          std::uint32_t index) {
  abi::FrameBuffer frame{};
  frame.index = static_cast<std::int32_t>(index);
  frame.luma_stride_bytes = frame.chroma_stride_bytes = parts.stride_bytes;
  frame.luma = memory.physical() + skipped;
  frame.cb = frame.luma + parts.chroma;
  frame.cr = frame.cb + 1;
  frame.motion = frame.luma + parts.motion;
  frame.virtual_luma = memory.data() + skipped;
  frame.virtual_cb = frame.virtual_luma + parts.chroma;
  frame.virtual_cr = frame.virtual_cb + 1;
  frame.virtual_motion = frame.virtual_luma + parts.motion;
  frame.fd = memory.fd();
  return frame;
}

Layout layout_of(const FrameNeeds& needs, const Parts& parts, std::uint64_t skipped) {
  Layout layout{.fourcc = fourcc("NV12"),
                .width_px = static_cast<std::uint32_t>(needs.width_px),
                .height_px = static_cast<std::uint32_t>(needs.height_px),
                .plane_count = 2,
                .buffer_count = 1};
  layout.planes[0] = {skipped, parts.stride_bytes, 0};
  layout.planes[1] = {skipped + parts.chroma, parts.stride_bytes, 0};
  layout.buffer_bytes[0] = skipped + parts.motion;
  return layout;
}

}  // namespace

Result<CodecFrame> CodecFrame::allocate(const std::shared_ptr<const Loaded>& loaded,
                                        const FrameNeeds& needs, std::uint32_t index) {
  const Parts parts = parts_of(needs);
  const auto alignment =
      std::max(kLeastAlignment, static_cast<std::uint64_t>(std::max(needs.alignment_bytes, 0)));
  CodecFrame frame;
  VSL_TRY(frame.memory, DeviceMemory::allocate(loaded, parts.end + alignment));
  const auto address = reinterpret_cast<std::uintptr_t>(frame.memory->physical());
  const std::uint64_t skipped = align_up(address, alignment) - address;
  frame.description = describe(*frame.memory, parts, skipped, index);
  frame.layout = layout_of(needs, parts, skipped);
  return frame;
}

}  // namespace vsl::codec::hantro
