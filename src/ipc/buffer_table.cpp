// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/buffer_table.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string>

#include "base/guarded.hpp"
#include "base/memfd.hpp"
#include "wire/v2_messages.hpp"

namespace vsl::ipc {

using wire::v2::kBufferCount;

namespace {

/// A descriptor of the same memory with which it can neither be written nor resized, where the
/// buffer's own would allow that; else none. Whether others can open it anew says the memory's
/// mode.
Result<UniqueFd> narrow(const Buffer& buffer) {
  const int flags = ::fcntl(buffer.fd(), F_GETFL);
  const bool writes = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
  // A dma-buf cannot be opened by name.
  if (!writes || buffer.kind() == MemoryKind::dma_buf) return UniqueFd();
  VSL_TRY(const ReceivedShape shape, inspect_shape(buffer.fd()));
  if (shape.sealed_write && shape.sealed_size) return UniqueFd();
  const std::string name = "/proc/self/fd/" + std::to_string(buffer.fd());
  UniqueFd reading(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (reading) return reading;
  return Error::last("open " + name +
                     " so that clients cannot write it (seal it with F_SEAL_FUTURE_WRITE, or let "
                     "the host give access read_write)");
}

}  // namespace

BufferTable::BufferTable(wire::v2::Board& board, Access access)
    : board_(board), access_(access), entries_(kBufferCount) {
  used_.reserve(kBufferCount);
  used_buffers_.reserve(kBufferCount);
  free_.reserve(kBufferCount);
  for (std::uint32_t i = kBufferCount; i-- > 0;) free_.push_back(i);
}

bool BufferTable::seen_lately(Identity identity) noexcept {
  if (std::find(remembered_.begin(), remembered_.end(), identity) != remembered_.end()) return true;
  remembered_[next_remembered_] = identity;
  next_remembered_ = (next_remembered_ + 1) % kRemembered;
  return false;
}

[[gnu::hot]] std::optional<std::uint32_t> BufferTable::index_of(
    const Buffer& buffer) const noexcept {
  // The common case, without a look at the memory itself.
  const auto known_buffer = std::find(used_buffers_.begin(), used_buffers_.end(), &buffer);
  if (known_buffer != used_buffers_.end()) {
    return used_[static_cast<std::size_t>(known_buffer - used_buffers_.begin())];
  }
  for (const std::uint32_t index : used_) {
    const Buffer& known = *entries_[index].buffer;
    if (known.inode() == buffer.inode() && known.device() == buffer.device() &&
        known.size_bytes() == buffer.size_bytes()) {
      return index;
    }
  }
  return std::nullopt;
}

[[gnu::hot]] Result<BufferTable::Added> BufferTable::add(const std::shared_ptr<Buffer>& buffer,
                                                         bool pooled,
                                                         std::int64_t now_ns) noexcept {
  if (const auto known = index_of(*buffer)) {
    Entry& entry = entries_[*known];
    entry.keep = true;
    entry.seen_ns = now_ns;
    return Added{*known, false};
  }
  return guarded("publish a frame", [&] { return add_new(buffer, pooled, now_ns); });
}

Result<BufferTable::Added> BufferTable::add_new(const std::shared_ptr<Buffer>& buffer, bool pooled,
                                                std::int64_t now_ns) {
  if (free_.empty()) {
    return Error::of(std::errc::no_buffer_space, "publish a frame: 1024 buffers are in use");
  }
  UniqueFd reading;
  if (access_ == Access::read) {
    VSL_TRY(reading, narrow(*buffer));
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  used_.push_back(index);
  used_buffers_.push_back(buffer.get());
  Entry& entry = entries_[index];
  const bool keep = pooled || seen_lately({buffer->device(), buffer->inode()});
  // Ids never repeat: the next one of an index is a table's length further on.
  wire::v2::BufferEntry& shown = board_.buffers[index];
  const std::uint64_t previous = entry.id;
  entry = {previous == 0 ? kBufferCount + index : previous + kBufferCount,
           buffer,
           0,
           0,
           keep,
           pooled,
           now_ns,
           std::move(reading)};
  shown.bytes.store(buffer->size_bytes(), std::memory_order_relaxed);  // published by the id
  shown.kind.store(static_cast<std::uint32_t>(buffer->kind()), std::memory_order_relaxed);
  shown.id.store(entry.id, std::memory_order_release);  // pairs with a client's liveness check
  return Added{index, true};
}

[[gnu::hot]] void BufferTable::take_frame(std::uint32_t index, std::uint32_t slot) noexcept {
  ++entries_[index].frames;
  entries_[index].last_slot = slot;
}

void BufferTable::drop_frame(std::uint32_t index) noexcept {
  Entry& entry = entries_[index];
  if (--entry.frames == 0 && !entry.keep) remove(index);
}

void BufferTable::remove(std::uint32_t index) noexcept {
  board_.buffers[index].id.store(0, std::memory_order_release);  // clients drop fd and mapping
  entries_[index].buffer.reset();
  entries_[index].reading.reset();
  const auto place = std::find(used_.begin(), used_.end(), index) - used_.begin();
  used_.erase(used_.begin() + place);
  used_buffers_.erase(used_buffers_.begin() + place);
  free_.push_back(index);
}

void BufferTable::trim(std::int64_t now_ns) noexcept {
  std::size_t kept = 0;
  for (std::size_t i = used_.size(); i-- > 0;) {
    Entry& entry = entries_[used_[i]];
    if (entry.frames != 0) continue;
    // A pool that is gone leaves us as the only owner of its buffers.
    const bool orphan = entry.pooled && entry.buffer.use_count() == 1;
    const bool stale = !entry.pooled && (now_ns - entry.seen_ns > kUnseenNs || ++kept > kKept);
    if (orphan || stale) remove(used_[i]);
  }
}

const BufferTable::Entry* BufferTable::find(std::uint64_t id) const noexcept {
  const Entry& entry = entries_[id % kBufferCount];
  return id != 0 && entry.buffer != nullptr && entry.id == id ? &entry : nullptr;
}

}  // namespace vsl::ipc
