// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/memfd.hpp"
#include "frame/allocators.hpp"

namespace vsl {

Allocation allocate_memfd(std::size_t bytes, const MemoryOptions& options) {
  const PeerAccess peers =
      options.access == Access::read ? PeerAccess::read : PeerAccess::read_write;
  VSL_TRY(Memfd memfd, create_memfd("vsl-buffer", bytes, {.peers = peers}));
  auto impl = std::make_unique<Buffer::Impl>();
  impl->size_bytes = bytes;
  impl->kind = MemoryKind::memfd;
  impl->access = options.access;
  impl->map_writable = true;
  impl->fd = std::move(memfd.fd);
  impl->mapping = std::move(memfd.mapping);  // the seals forbid another one
  impl->mapped.store(true, std::memory_order_release);
  return finish_allocation(std::move(impl));
}

}  // namespace vsl
