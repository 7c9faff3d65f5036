// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>

#include "capi/frame_object.hpp"
#include "capi/guard.hpp"
#include "frame/buffer_impl.hpp"
#include "frame/physical_address.hpp"

namespace vsl::capi {

void end_cpu_access(VSLFrame& frame) noexcept {
  if (!std::exchange(frame.cpu_access, false)) return;
  const Buffer* buffer = frame.main_buffer();
  // A session that cannot be ended is not the program's business any more.
  if (buffer != nullptr) (void)buffer->end_cpu_access(buffer->access());
}

namespace {

Result<void*> map_picture(VSLFrame& frame) {
  const Buffer* buffer = frame.main_buffer();
  if (buffer == nullptr) {
    return Error::of(std::errc::bad_file_descriptor,
                     "vsl_frame_mmap: the frame has no memory; allocate or attach some");
  }
  VSL_TRY(const std::span<std::byte> memory, buffer->map());
  buffer->impl().populate(frame.info.layout.buffer_bytes[0]);
  const std::uint64_t offset = picture_offset(frame.info.layout);
  if (offset > memory.size()) {
    return Error::of(std::errc::invalid_argument,
                     "vsl_frame_mmap: the picture is not in its memory");
  }
  if (!frame.cpu_access) {
    VSL_CHECK(buffer->begin_cpu_access(buffer->access()));
    frame.cpu_access = true;
  }
  return static_cast<void*>(memory.data() + offset);
}

Result<void> sync_buffers(const VSLFrame* frame, bool begin, Access access) {
  if (frame == nullptr || frame->main_buffer() == nullptr) {
    return Error::of(std::errc::invalid_argument,
                     "vsl_frame_sync: no frame, or one without memory");
  }
  for (std::size_t i = 0; i < frame->info.layout.buffer_count; ++i) {
    const Buffer& buffer = *frame->buffers[i];
    VSL_CHECK(begin ? buffer.begin_cpu_access(access) : buffer.end_cpu_access(access));
  }
  return {};
}

Result<std::intptr_t> physical_address(const VSLFrame* frame) {
  const bool ours = frame != nullptr && frame->received == nullptr;
  const Buffer* buffer = ours ? frame->main_buffer() : nullptr;
  if (buffer == nullptr || buffer->kind() != MemoryKind::dma_buf) {
    return Error::of(std::errc::not_supported, "vsl_frame_paddr: not a dma-buf of our own");
  }
  VSL_TRY(const std::uint64_t address, physical_address_of(buffer->fd()));
  return static_cast<std::intptr_t>(address);
}

}  // namespace
}  // namespace vsl::capi

namespace capi = vsl::capi;

extern "C" void* vsl_frame_mmap(VSLFrame* frame, size_t* size) {
  if (frame == nullptr) return nullptr;
  void* const data = capi::guard<void*>(nullptr, [&] { return capi::map_picture(*frame); });
  if (data != nullptr && size != nullptr) *size = static_cast<size_t>(vsl_frame_size(frame));
  return data;
}

extern "C" void vsl_frame_munmap(VSLFrame* frame) {
  if (frame != nullptr) capi::end_cpu_access(*frame);
}

extern "C" int vsl_frame_sync(const VSLFrame* frame, int enable, int mode) {
  const auto access = mode == O_RDONLY ? vsl::Access::read : vsl::Access::read_write;
  return capi::guard_status([&] { return capi::sync_buffers(frame, enable != 0, access); });
}

extern "C" intptr_t vsl_frame_paddr(VSLFrame* frame) {
  if (frame == nullptr) return -1;
  return capi::guard<std::intptr_t>(-1, [&] { return capi::physical_address(frame); });
}
