// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/frame_memory.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

namespace vsl::codec {

// Prefers a buffer that is large enough to one that has to be replaced, and that to one more.
// The slot is in use afterwards; kNone when all are.
std::uint32_t FrameMemory::find_free(std::size_t bytes, std::uint32_t most) noexcept {
  const std::lock_guard lock(mutex_);
  std::uint32_t found = kNone;
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].users != 0) continue;
    const bool fits = slots_[i].buffer != nullptr && slots_[i].buffer->size_bytes() >= bytes;
    if (found == kNone || fits) found = i;
    if (fits) break;
  }
  if (found == kNone && slots_.size() < most) {
    found = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  }
  if (found != kNone) slots_[found].users = 1;
  return found;
}

bool FrameMemory::any_free() noexcept {
  const std::lock_guard lock(mutex_);
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const Slot& slot) { return slot.users == 0; });
}

Result<FrameMemory::Block> FrameMemory::take(std::size_t bytes) {
  const auto has_free = [this] { return any_free(); };
  reclaimers_.ask(this, false, has_free);
  std::uint32_t index = find_free(bytes, kUsualBuffers);
  if (index == kNone) {
    reclaimers_.ask(this, true, has_free);
    index = find_free(bytes, kMostBuffers);
  }
  if (index != kNone) return fill(index, bytes);
  return Error::of(std::errc::no_buffer_space, "take memory for a frame: all " +
                                                   std::to_string(kMostBuffers) +
                                                   " buffers of this codec are held by readers");
}

// The slot is ours alone, so what is in it needs no lock until it is shared.
Result<FrameMemory::Block> FrameMemory::fill(std::uint32_t index, std::size_t bytes) {
  Slot slot;
  {
    const std::lock_guard lock(mutex_);
    slot = slots_[index];
  }
  if (slot.buffer == nullptr || slot.buffer->size_bytes() < bytes) {
    auto buffer = Buffer::allocate(bytes, {.source = MemorySource::memfd});
    if (!buffer) {
      give_back(index);
      return std::move(buffer).error();
    }
    slot.buffer = std::move(*buffer);
    const auto memory = slot.buffer->map();
    if (!memory) {
      give_back(index);
      return memory.error();
    }
    slot.data = memory->data();
    const std::lock_guard lock(mutex_);
    slots_[index].buffer.swap(slot.buffer);  // the old one goes without the lock
    slots_[index].data = slot.data;
  }
  const std::lock_guard lock(mutex_);
  return Block{slots_[index].buffer, slots_[index].data, index};
}

void FrameMemory::give_back(std::uint64_t token) noexcept {
  const std::lock_guard lock(mutex_);
  --slots_[token].users;
}

void FrameMemory::share(std::uint64_t token) noexcept {
  const std::lock_guard lock(mutex_);
  ++slots_[token].users;
}

std::uint32_t FrameMemory::buffers() noexcept {
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint32_t>(slots_.size());
}

Result<Frame> FrameMemory::wrap(const FrameInfo& info, std::uint64_t token) {
  std::shared_ptr<Buffer> buffer;
  {
    const std::lock_guard lock(mutex_);
    buffer = slots_[token].buffer;
  }
  auto frame = Frame::wrap(info, {&buffer, 1}, shared_from_this(), token);
  if (!frame) give_back(token);
  return frame;
}

// Sizes in few steps, so that a buffer fits the next packet too.
Result<Frame> FrameMemory::hold(std::span<const std::byte> coded, Fourcc codec,
                                std::uint32_t width_px, std::uint32_t height_px) {
  constexpr std::size_t kSmallest = 64 * 1024;
  VSL_TRY(const auto block, take(std::bit_ceil(std::max(coded.size(), kSmallest))));
  std::memcpy(block.data, coded.data(), coded.size());
  const FrameInfo info{.layout = Layout::opaque(codec, width_px, height_px, coded.size())};
  return wrap(info, block.token);
}

}  // namespace vsl::codec
