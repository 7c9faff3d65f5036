// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/buffer.hpp"

#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/closer.hpp"
#include "base/guarded.hpp"
#include "base/memfd.hpp"
#include "frame/allocate.hpp"
#include "frame/allocators.hpp"
#include "frame/buffer_impl.hpp"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14
#endif

namespace vsl {
namespace {

Result<void> sync_dma_buf(int fd, std::uint64_t flags, Access access) {
  flags |= access == Access::read ? DMA_BUF_SYNC_READ : DMA_BUF_SYNC_RW;
  dma_buf_sync request{.flags = flags};
  while (::ioctl(fd, DMA_BUF_IOCTL_SYNC, &request) != 0) {
    // Waiting for the device's fence was interrupted; the driver asks to be called again.
    if (errno == EINTR || errno == EAGAIN) continue;
    return Error::last("synchronise CPU access to dma-buf fd " + std::to_string(fd));
  }
  return {};
}

}  // namespace

Allocation finish_allocation(std::unique_ptr<Buffer::Impl> impl) {
  struct stat status {};
  if (::fstat(impl->fd.get(), &status) != 0) {
    return Error::last("look at fd " + std::to_string(impl->fd.get()));
  }
  impl->device = status.st_dev;
  impl->inode = status.st_ino;
  VSL_CHECK(impl->map());
  return impl;
}

Result<std::span<std::byte>> Buffer::Impl::map() {
  // acquire pairs with the release below: `mapping` is complete
  if (mapped.load(std::memory_order_acquire)) return mapping.bytes();
  const std::lock_guard lock(mutex);
  // relaxed: the mutex orders us after whoever mapped
  if (mapped.load(std::memory_order_relaxed)) return mapping.bytes();
  const auto mode = map_writable ? Mapping::Mode::read_write : Mapping::Mode::read;
  // How large it is a peer says as it likes; what frames use of it has a limit.
  VSL_TRY(mapping, Mapping::map(fd.get(), size_bytes, {.mode = mode, .populate = !from_peer}));
  if (map_counter != nullptr) map_counter->fetch_add(1, std::memory_order_relaxed);  // a statistic
  mapped.store(true, std::memory_order_release);  // pairs with the acquire above
  return mapping.bytes();
}

[[gnu::hot]] void Buffer::Impl::populate(std::size_t bytes) noexcept {
  if (!from_peer) return;
  // relaxed: whoever asks twice for a page has it all the same
  const std::size_t done = populated_.load(std::memory_order_relaxed);
  if (bytes <= done || !mapped.load(std::memory_order_acquire)) return;
  constexpr std::size_t kLargestPage = 65536;  // where they are smaller some are asked for twice
  const std::size_t start = done / kLargestPage * kLargestPage;
  const std::size_t end = std::min(bytes, mapping.size());
  if (end > start) ::madvise(mapping.data() + start, end - start, MADV_POPULATE_READ);
  populated_.store(bytes, std::memory_order_relaxed);
}

Buffer::Impl::~Impl() {
  // The file system of such a file may never answer that it was closed.
  const bool may_block = from_peer && kind == MemoryKind::other && !lies_in_memory(fd.get());
  if (may_block) close_elsewhere(std::move(fd));
}

Result<std::shared_ptr<Buffer>> Buffer::allocate(std::size_t bytes, const MemoryOptions& options) {
  return guarded("allocate a buffer", [&]() -> Result<std::shared_ptr<Buffer>> {
    VSL_TRY(const auto buffers, allocate_alike(1, bytes, options));
    return buffers.front();
  });
}

Buffer::Buffer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Buffer::~Buffer() = default;

int Buffer::fd() const noexcept { return impl_->fd.get(); }
std::size_t Buffer::size_bytes() const noexcept { return impl_->size_bytes; }
MemoryKind Buffer::kind() const noexcept { return impl_->kind; }
Access Buffer::access() const noexcept { return impl_->access; }
bool Buffer::writable() const noexcept { return impl_->map_writable; }
bool Buffer::may_fault() const noexcept { return impl_->may_fault; }
const std::string& Buffer::name() const noexcept { return impl_->name; }
std::uint64_t Buffer::device() const noexcept { return impl_->device; }
std::uint64_t Buffer::inode() const noexcept { return impl_->inode; }

Result<std::span<std::byte>> Buffer::map() const {
  return guarded("map a buffer", [&] { return impl_->map(); });
}

Result<void> Buffer::begin_cpu_access(Access access) const {
  if (impl_->kind != MemoryKind::dma_buf) return {};
  return guarded("synchronise CPU access",
                 [&] { return sync_dma_buf(impl_->fd.get(), DMA_BUF_SYNC_START, access); });
}

Result<void> Buffer::end_cpu_access(Access access) const {
  if (impl_->kind != MemoryKind::dma_buf) return {};
  return guarded("synchronise CPU access",
                 [&] { return sync_dma_buf(impl_->fd.get(), DMA_BUF_SYNC_END, access); });
}

}  // namespace vsl
