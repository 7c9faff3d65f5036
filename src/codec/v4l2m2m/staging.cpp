// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/v4l2m2m/staging.hpp"

#include "codec/crop.hpp"

namespace vsl::codec::m2m {

Result<void> Staging::make(const Layout& layout) {
  for (std::uint32_t i = 0; i < layout.buffer_count; ++i) {
    if (memory_[i] != nullptr) continue;
    VSL_TRY(auto buffer, Buffer::allocate(layout.buffer_bytes[i], {}));
    if (buffer->kind() != MemoryKind::dma_buf) {
      return Error::of(std::errc::not_supported,
                       "copy pictures into a dma-buf (there is no heap to take it from)");
    }
    memory_[i] = std::move(buffer);
  }
  return {};
}

Result<void> Staging::fill(RawPicture& picture, const Rect& part, const Layout& to) {
  std::array<std::span<std::byte>, kMaxPlanes> memory;
  for (std::uint32_t i = 0; i < to.buffer_count; ++i) {
    VSL_TRY(memory[i], memory_[i]->map());
    VSL_CHECK(memory_[i]->begin_cpu_access(Access::read_write));
  }
  auto copied = copy_part(picture, part, to, memory);
  for (std::uint32_t i = 0; i < to.buffer_count; ++i) {
    VSL_CHECK(memory_[i]->end_cpu_access(Access::read_write));
  }
  return copied;
}

v4l2::LentMemory Staging::lend(std::uint32_t buffer) const {
  return {memory_[buffer]->fd(), static_cast<std::uint32_t>(memory_[buffer]->size_bytes())};
}

}  // namespace vsl::codec::m2m
