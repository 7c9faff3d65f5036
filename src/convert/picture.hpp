// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "frame/buffer_impl.hpp"
#include "videostream/convert.hpp"

namespace vsl::convert {

using Buffers = std::array<const Buffer*, kMaxPlanes>;

/// The picture in these buffers, mapped, without CPU access to them being begun: who converts it
/// does that, if need be. Planes that are not in them are empty. Errors: those of mapping.
template <class Byte>
Result<BasicPicture<Byte>> picture_in(const FrameInfo& info, const Buffers& buffers,
                                      bool cpu_access) {
  const Layout& layout = info.layout;
  BasicPicture<Byte> picture{layout, info.color, info.crop, {}, {}, cpu_access};
  for (std::size_t i = 0; i < kMaxPlanes; ++i) {
    const std::uint64_t bytes = layout.plane_bytes(i);  // 0 also where the layout is nonsense
    const Buffer* const buffer = bytes != 0 ? buffers[layout.planes[i].buffer] : nullptr;
    if (buffer == nullptr) continue;
    VSL_TRY(const std::span<std::byte> memory, buffer->map());
    buffer->impl().populate(layout.buffer_bytes[layout.planes[i].buffer]);
    const std::uint64_t offset = layout.planes[i].offset_bytes;
    if (offset > memory.size() || bytes > memory.size() - offset) continue;
    picture.planes[i] = memory.subspan(offset, bytes);
    picture.memory[i] = buffer;
  }
  return picture;
}

}  // namespace vsl::convert
