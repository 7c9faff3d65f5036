// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <cstddef>
#include <memory>

#include "videostream/buffer.hpp"

namespace vsl::gst {

/// Memory behind a descriptor, that somebody keeps alive and mapped for as long as it is shared.
/// Thread-safe: GStreamer maps from any thread.
class SharedMemory {
 public:
  virtual ~SharedMemory() = default;
  virtual int fd() const noexcept = 0;
  virtual std::size_t size_bytes() const noexcept = 0;
  virtual bool is_dma_buf() const noexcept = 0;
  /// The memory as a buffer that can be published; null where it is another host's.
  virtual std::shared_ptr<Buffer> buffer() const noexcept { return nullptr; }
  /// The first byte, or nullptr where it cannot be had so. Each is followed by one unmap().
  virtual std::byte* map(bool write) noexcept = 0;
  virtual void unmap(bool write) noexcept = 0;
  /// The last user of the GstMemory, and of all parts of it, is gone. True: it is kept for others,
  /// by a reference of its own; else it ends now.
  virtual bool recycle(GstMemory*) noexcept { return false; }
};

enum class Sharing { writable, read_only };

/// A GstMemory that other elements know as a dma-buf or as an fd. It never closes the descriptor,
/// and maps nothing itself: what owns the memory does both. Parts of it keep it alive as well.
GstMemory* wrap_memory(std::shared_ptr<SharedMemory> memory, Sharing sharing);

/// What wrap_memory() was given; nullptr for memory of other elements.
std::shared_ptr<SharedMemory> shared_memory_of(GstMemory* memory);

}  // namespace vsl::gst
