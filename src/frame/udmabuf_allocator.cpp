// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memfd.hpp"
#include "frame/allocators.hpp"

namespace vsl {

Allocation allocate_udmabuf(std::size_t bytes, const MemoryOptions& options) {
  constexpr const char* kDevice = "/dev/udmabuf";
  const UniqueFd device(::open(kDevice, O_RDWR | O_CLOEXEC));
  if (!device) return Error::last(std::string("open ") + kDevice);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t rounded = (bytes + page - 1) / page * page;
  // The driver wants the size sealed and refuses memory that is sealed against writes.
  VSL_TRY(Memfd memfd, create_memfd("vsl-udmabuf", rounded, {.peers = PeerAccess::read_write}));
  udmabuf_create request{};
  request.memfd = static_cast<std::uint32_t>(memfd.fd.get());
  request.flags = UDMABUF_FLAGS_CLOEXEC;
  request.size = rounded;
  auto impl = std::make_unique<Buffer::Impl>();
  impl->fd = UniqueFd(::ioctl(device.get(), UDMABUF_CREATE, &request));
  if (!impl->fd) {
    const char* hint = errno == EINVAL ? " (its size_limit_mb, 64 unless set, may be too low)" : "";
    return Error::last("make a dma-buf of " + std::to_string(rounded) + " bytes with " + kDevice +
                       hint);
  }
  // The dma-buf holds the pages, so the memfd is not needed any more, and must go before anybody
  // maps the dma-buf: up to Linux 6.11 the end of a memfd whose pages are mapped through it frees
  // them under the mapping ("Bad page cache: still mapped when deleted").
  memfd = {};
  impl->size_bytes = bytes;
  impl->kind = MemoryKind::dma_buf;
  impl->access = options.access;
  impl->map_writable = true;
  impl->name = kDevice;
  return finish_allocation(std::move(impl));
}

}  // namespace vsl
