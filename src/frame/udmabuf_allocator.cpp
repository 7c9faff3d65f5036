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
  // The driver wants the size sealed and refuses memory that is sealed against writes. The dma-buf
  // pins the pages, so the memfd itself is not needed after the call.
  VSL_TRY(Memfd memfd, create_memfd("vsl-udmabuf", rounded, {.peers = PeerAccess::read_write}));
  udmabuf_create request{};
  request.memfd = static_cast<std::uint32_t>(memfd.fd.get());
  request.flags = UDMABUF_FLAGS_CLOEXEC;
  request.size = rounded;
  auto impl = std::make_unique<Buffer::Impl>();
  impl->fd = UniqueFd(::ioctl(device.get(), UDMABUF_CREATE, &request));
  if (!impl->fd) {
    return Error::last("make a dma-buf of " + std::to_string(rounded) + " bytes with " + kDevice);
  }
  impl->size_bytes = bytes;
  impl->kind = MemoryKind::dma_buf;
  impl->access = options.access;
  impl->map_writable = true;
  impl->name = kDevice;
  return finish_allocation(std::move(impl));
}

}  // namespace vsl
