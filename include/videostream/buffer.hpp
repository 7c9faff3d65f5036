// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "videostream/result.hpp"

namespace vsl {

/// What clients of a buffer may do with its bytes.
enum class Access : std::uint32_t { read = 1, read_write = 2 };

/// What an fd is. Decides how it is mapped and whether CPU access needs dma-buf brackets.
enum class MemoryKind : std::uint32_t { memfd = 1, shm = 2, dma_buf = 3, other = 4 };

/// Where new memory comes from.
enum class MemorySource : std::uint32_t {
  automatic,  ///< dma-heaps in order (see `dma_heap`), each that fails falls through; then memfd
  dma_heap,  ///< `name` = device path; empty: linux,cma · linux,cma-uncached · reserved · system
  udmabuf,   ///< a memfd wrapped as dma-buf by /dev/udmabuf
  memfd,     ///< sealed anonymous memory
  shm,       ///< POSIX shared memory called `name`, or a unique name when empty
};

struct MemoryOptions {
  MemorySource source = MemorySource::automatic;
  std::string name = {};         ///< see MemorySource
  Access access = Access::read;  ///< memfd: `read` seals against any write but the creator's map
};

/// One piece of shareable memory: an fd, its size, and this process's mapping of it.
/// Immutable and thread-safe; shared by every frame that lies in it. docs/spec/wire-v2.md#buffers
class VSL_EXPORT Buffer {
 public:
  /// Allocates and maps. Memory is committed: what cannot be had is an error now, no signal later.
  /// Errors: errno of the allocator that was asked for; for `automatic`, of the last one tried.
  static Result<std::shared_ptr<Buffer>> allocate(std::size_t bytes, const MemoryOptions& options);
  /// Shares memory that is there: `fd` is duplicated (close-on-exec) and mapped when first asked.
  /// `bytes` 0 = the size the fd reports. Errors: bad_file_descriptor; invalid_argument (the fd is
  /// smaller than `bytes`, or is no memory).
  static Result<std::shared_ptr<Buffer>> attach(int fd, std::size_t bytes = 0);

  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  int fd() const noexcept;  ///< borrowed
  std::size_t size_bytes() const noexcept;
  MemoryKind kind() const noexcept;
  Access access() const noexcept;
  bool writable() const noexcept;   ///< by this process, whatever its clients may
  bool may_fault() const noexcept;  ///< others can truncate it: not sealed against shrinking
  const std::string& name() const noexcept;  ///< heap device, shm name, or empty
  /// Device and inode of the memory: equal for two fds exactly when they are the same memory.
  std::uint64_t device() const noexcept;
  std::uint64_t inode() const noexcept;

  /// The whole buffer, writable where the fd allows it; mapped once, kept for the buffer's life.
  Result<std::span<std::byte>> map() const;
  /// Brackets CPU access (DMA_BUF_IOCTL_SYNC). Nothing to do for memory that is not a dma-buf.
  Result<void> begin_cpu_access(Access access) const;
  Result<void> end_cpu_access(Access access) const;

  struct Impl;
  explicit Buffer(std::unique_ptr<Impl> impl);
  Impl& impl() const noexcept { return *impl_; }  ///< for the library itself

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl
