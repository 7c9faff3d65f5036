// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/mapping.hpp"
#include "base/unique_fd.hpp"
#include "frame/attach.hpp"
#include "frame/shm_name.hpp"
#include "videostream/buffer.hpp"

namespace vsl {

/// What a Buffer is made of. Allocators and attach() fill one in; after that only the mapping
/// changes, once, from absent to present.
struct Buffer::Impl {
  std::size_t size_bytes = 0;
  MemoryKind kind = MemoryKind::other;
  Access access = Access::read;
  bool may_fault = false;
  bool map_writable = false;  ///< this process may write, whatever its peers may
  std::string name;
  std::uint64_t device = 0, inode = 0;
  ShmName shm_name;  ///< before fd: the name outlives the descriptor
  UniqueFd fd;

  MapCounter map_counter;  ///< told when this is mapped; may be null

  std::mutex mutex;  ///< leaf: nothing is locked under it; held for the one mmap only
  Mapping mapping;   ///< written under the mutex before `mapped` is set, never again
  std::atomic<bool> mapped{false};

  /// Maps, unless that is done. Thread-safe; later calls cost one load.
  Result<std::span<std::byte>> map();
};

}  // namespace vsl
