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
  bool from_peer = false;  ///< another process chose what it is and how large

  std::mutex mutex;  ///< leaf: nothing is locked under it; held for the one mmap only
  Mapping mapping;   ///< written under the mutex before `mapped` is set, never again
  std::atomic<bool> mapped{false};

  /// Maps, unless that is done. Thread-safe; later calls cost one load.
  Result<std::span<std::byte>> map();
  /// Faults in what frames use of a peer's memory: the first `bytes` of the mapping, unless that is
  /// done. Thread-safe; most calls cost one load.
  void populate(std::size_t bytes) noexcept;

  Impl() = default;
  ~Impl();

 private:
  std::atomic<std::size_t> populated_{0};
};

}  // namespace vsl
