// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "videostream/buffer.hpp"

namespace vsl::ipc {

/// One buffer of a host, as a client keeps it: fd and mapping stay from frame to frame.
struct CachedBuffer {
  std::uint64_t id = 0;  ///< 0 with a v1 host, which does not number them
  std::shared_ptr<Buffer> buffer;
  std::uint32_t flags = 0;               ///< wire::v2::kBuffer…
  std::atomic<std::uint32_t> leases{0};  ///< it is kept while any stands
  std::atomic<std::byte*> data{nullptr};
  std::atomic<std::uint64_t> populated{0};  ///< bytes from the start that were faulted in
  std::uint64_t size_bytes = 0;             ///< of the buffer: asked for with every lease
  bool needs_brackets = false;              ///< CPU access goes between begin and end: a dma-buf

  /// Maps it, unless that is done, and faults in the first `used_bytes`. Thread-safe.
  Result<std::byte*> map(std::uint64_t used_bytes);
};

/// The buffers a client knows, 128 at most and those that are leased beside them: the oldest go
/// first, and their descriptors are asked for again when a frame lies in them. Thread-confined, but
/// for CachedBuffer itself.
class BufferCache {
 public:
  BufferCache();
  CachedBuffer* find(std::uint64_t id) const noexcept;
  /// Adds or replaces what has this id's place.
  CachedBuffer& put(std::uint64_t id, std::shared_ptr<Buffer> buffer, std::uint32_t flags);
  /// For hosts that do not number buffers: the one with this memory, or null.
  CachedBuffer* find_memory(const Buffer& buffer) const noexcept;
  CachedBuffer& put_unnumbered(std::shared_ptr<Buffer> buffer);

  /// Forgets every buffer that is_gone(id) and on which no lease stands.
  template <class IsGone>
  void sweep(const IsGone& is_gone) {
    for (std::size_t i = 0; i < ids_.size();) {
      if (is_gone(ids_[i])) {
        retire(by_index_[place_of(ids_[i])]);
        ids_.erase(ids_.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
    std::erase_if(leaving_, [](const auto& entry) { return unused(*entry); });
  }

 private:
  static std::size_t place_of(std::uint64_t id) noexcept;
  static bool unused(const CachedBuffer& entry) noexcept {
    // acquire: pairs with the release of the last lease, whose reads come before the unmapping
    return entry.leases.load(std::memory_order_acquire) == 0;
  }
  void retire(std::unique_ptr<CachedBuffer>& entry);

  std::vector<std::unique_ptr<CachedBuffer>> by_index_;
  std::vector<std::uint64_t> ids_;                         // of those, oldest first
  std::vector<std::unique_ptr<CachedBuffer>> unnumbered_;  // oldest use first
  std::vector<std::unique_ptr<CachedBuffer>> leaving_;     // gone, but leased
};

}  // namespace vsl::ipc
