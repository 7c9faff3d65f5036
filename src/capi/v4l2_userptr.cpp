// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.hpp"
#include "capi/guard.hpp"
#include "videostream.h"
#include "videostream/buffer.hpp"

namespace capi = vsl::capi;

namespace {

using vsl::Error;
using vsl::Result;
using vsl::UniqueFd;

// Contiguous memory first, and without the caches that a device does not look into.
constexpr const char* kHeaps[] = {"/dev/dma_heap/linux,cma-uncached", "/dev/dma_heap/linux,cma",
                                  "/dev/dma_heap/system"};

Result<UniqueFd> allocate(std::size_t size) {
  Error failure;
  for (const char* heap : kHeaps) {
    vsl::MemoryOptions options;
    options.source = vsl::MemorySource::dma_heap;
    options.name = heap;
    options.access = vsl::Access::read_write;
    const auto buffer = vsl::Buffer::allocate(size, options);
    if (buffer) return UniqueFd::duplicate((*buffer)->fd());  // ours goes with the buffer
    // A heap that is there and fails says more than one that is missing.
    const bool missing = buffer.error().code == std::errc::no_such_file_or_directory;
    if (failure.where.empty() || !missing) failure = buffer.error();
  }
  return failure;
}

Result<void*> allocate_mapped(std::size_t size, int* dma_fd) {
  if (dma_fd != nullptr) *dma_fd = -1;
  if (size == 0 || dma_fd == nullptr) {
    return Error::of(std::errc::invalid_argument, "vsl_v4l2_alloc_userptr: size 0 or no dma_fd");
  }
  VSL_TRY(UniqueFd fd, allocate(size));
  // The caller's own mapping: it outlives every object of ours and ends with munmap().
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) {
    return Error::last("map " + std::to_string(size) + " bytes of a dma-heap");
  }
  *dma_fd = fd.release();
  return memory;
}

}  // namespace

extern "C" void* vsl_v4l2_alloc_userptr(size_t size, int* dma_fd) {
  return capi::guard<void*>(nullptr, [&] { return allocate_mapped(size, dma_fd); });
}

extern "C" void vsl_v4l2_free_userptr(void* ptr, size_t size, int dma_fd) {
  if (ptr != nullptr && size != 0) ::munmap(ptr, size);
  if (dma_fd >= 0) ::close(dma_fd);
}
