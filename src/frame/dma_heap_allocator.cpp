// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <sys/ioctl.h>

#include "frame/allocators.hpp"

namespace vsl {
namespace {

Allocation allocate_from(const std::string& heap, std::size_t bytes, Access access) {
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
  impl->access = access;
  impl->map_writable = true;
  impl->name = heap;
  return finish_allocation(std::move(impl));
}

}  // namespace

Allocation allocate_dma_heap(std::size_t bytes, const MemoryOptions& options) {
  if (!options.name.empty()) return allocate_from(options.name, bytes, options.access);
  // Contiguous memory first: many cameras, scalers and codecs cannot use anything else.
  constexpr const char* kHeaps[] = {"/dev/dma_heap/linux,cma", "/dev/dma_heap/linux,cma-uncached",
                                    "/dev/dma_heap/reserved", "/dev/dma_heap/system"};
  Error failure;
  for (const char* heap : kHeaps) {
    auto allocation = allocate_from(heap, bytes, options.access);
    if (allocation) return allocation;
    // A heap that is there and fails says more than one that is missing.
    const bool missing = allocation.error().code == std::errc::no_such_file_or_directory;
    if (failure.where.empty() || !missing) failure = std::move(allocation).error();
  }
  return failure;
}

}  // namespace vsl
