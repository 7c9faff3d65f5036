// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/buffer_cache.hpp"

#include <algorithm>

#include "frame/buffer_impl.hpp"
#include "wire/v2_layout.hpp"

namespace vsl::ipc {

namespace {
constexpr std::size_t kUnnumbered = 64;
constexpr std::size_t kNumbered = 128;
}  // namespace

[[gnu::hot]] Result<std::byte*> CachedBuffer::map(std::uint64_t used_bytes) {
  // acquire: pairs with the release below
  std::byte* start = data.load(std::memory_order_acquire);
  if (start == nullptr) {
    VSL_TRY(const auto bytes, buffer->map());
    start = bytes.data();
    data.store(start, std::memory_order_release);
  }
  // relaxed: whoever asks twice for a page has it all the same
  if (used_bytes > populated.load(std::memory_order_relaxed)) {
    buffer->impl().populate(used_bytes);
    populated.store(used_bytes, std::memory_order_relaxed);
  }
  return start;
}

BufferCache::BufferCache() : by_index_(wire::v2::kBufferCount) { ids_.reserve(kNumbered + 1); }

std::size_t BufferCache::place_of(std::uint64_t id) noexcept { return id % wire::v2::kBufferCount; }

[[gnu::hot]] CachedBuffer* BufferCache::find(std::uint64_t id) const noexcept {
  CachedBuffer* entry = by_index_[place_of(id)].get();
  return entry != nullptr && entry->id == id ? entry : nullptr;
}

CachedBuffer& BufferCache::put(std::uint64_t id, std::shared_ptr<Buffer> buffer,
                               std::uint32_t flags) {
  auto& place = by_index_[place_of(id)];
  if (place != nullptr) {
    const std::uint64_t before = place->id;
    retire(place);
    std::erase(ids_, before);
  }
  if (ids_.size() == kNumbered) {
    retire(by_index_[place_of(ids_.front())]);
    ids_.erase(ids_.begin());
  }
  place = std::make_unique<CachedBuffer>();
  ids_.push_back(id);
  place->id = id;
  place->size_bytes = buffer->size_bytes();
  place->needs_brackets = buffer->kind() == MemoryKind::dma_buf;
  place->buffer = std::move(buffer);
  place->flags = flags;
  return *place;
}

CachedBuffer* BufferCache::find_memory(const Buffer& buffer) const noexcept {
  const auto found = std::find_if(unnumbered_.begin(), unnumbered_.end(), [&](const auto& entry) {
    return entry->buffer->inode() == buffer.inode() && entry->buffer->device() == buffer.device() &&
           entry->buffer->size_bytes() == buffer.size_bytes();
  });
  return found != unnumbered_.end() ? found->get() : nullptr;
}

CachedBuffer& BufferCache::put_unnumbered(std::shared_ptr<Buffer> buffer) {
  if (unnumbered_.size() >= kUnnumbered) {
    retire(unnumbered_.front());
    unnumbered_.erase(unnumbered_.begin());
  }
  unnumbered_.push_back(std::make_unique<CachedBuffer>());
  unnumbered_.back()->size_bytes = buffer->size_bytes();
  unnumbered_.back()->needs_brackets = buffer->kind() == MemoryKind::dma_buf;
  unnumbered_.back()->buffer = std::move(buffer);
  return *unnumbered_.back();
}

void BufferCache::retire(std::unique_ptr<CachedBuffer>& entry) {
  if (unused(*entry)) {
    entry.reset();
  } else {
    leaving_.push_back(std::move(entry));
  }
}

}  // namespace vsl::ipc
