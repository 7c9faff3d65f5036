// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <sys/ioctl.h>

#include "frame/allocators.hpp"

namespace vsl {

Allocation allocate_dma_heap(std::size_t bytes, const MemoryOptions& options) {
  const std::string& heap = options.name;
  const UniqueFd device(::open(heap.c_str(), O_RDONLY | O_CLOEXEC));
  if (!device) return Error::last("open the dma-heap " + heap);
  dma_heap_allocation_data request{
      .len = bytes, .fd = 0, .fd_flags = O_RDWR | O_CLOEXEC, .heap_flags = 0};
  if (::ioctl(device.get(), DMA_HEAP_IOCTL_ALLOC, &request) != 0) {
    return Error::last("allocate " + std::to_string(bytes) + " bytes from the dma-heap " + heap);
  }
  auto impl = std::make_unique<Buffer::Impl>();
  impl->fd = UniqueFd(static_cast<int>(request.fd));
  impl->size_bytes = bytes;
  impl->kind = MemoryKind::dma_buf;
  impl->access = options.access;
  impl->map_writable = true;
  impl->name = heap;
  return finish_allocation(std::move(impl));
}

}  // namespace vsl
