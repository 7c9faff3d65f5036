// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <memory>

#include "frame/buffer_impl.hpp"

namespace vsl {

/// Each allocates committed, mapped memory of its own sort, or says why it cannot.
using Allocation = Result<std::unique_ptr<Buffer::Impl>>;

/// `options.name` is the path of the heap's device.
Allocation allocate_dma_heap(std::size_t bytes, const MemoryOptions& options);
Allocation allocate_udmabuf(std::size_t bytes, const MemoryOptions& options);
Allocation allocate_memfd(std::size_t bytes, const MemoryOptions& options);
Allocation allocate_shm(std::size_t bytes, const MemoryOptions& options);

/// The last step of each: notes which memory the fd is, and maps it.
Allocation finish_allocation(std::unique_ptr<Buffer::Impl> impl);

}  // namespace vsl
