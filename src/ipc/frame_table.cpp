// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/frame_table.hpp"

#include "base/assert.hpp"

namespace vsl::ipc {

using wire::v2::kSlotCount;

[[gnu::hot]] void FrameList::push_back(PublishedFrame& frame) noexcept {
  frame.next = nullptr;
  frame.previous = last_;
  (last_ != nullptr ? last_->next : first_) = &frame;
  last_ = &frame;
  ++size_;
}

void FrameList::remove(PublishedFrame& frame) noexcept {
  (frame.previous != nullptr ? frame.previous->next : first_) = frame.next;
  (frame.next != nullptr ? frame.next->previous : last_) = frame.previous;
  frame.next = frame.previous = nullptr;
  --size_;
}

FrameTable::FrameTable() : by_slot_(kSlotCount, nullptr) {
  spare_.reserve(kSlotCount);  // giving one back must not need memory
  free_slots_.reserve(kSlotCount);
  for (std::uint32_t slot = kSlotCount; slot-- > 0;) free_slots_.push_back(slot);
}

[[gnu::hot]] PublishedFrame* FrameTable::add() {
  if (free_slots_.empty()) return nullptr;
  if (spare_.empty()) {
    objects_.push_back(std::make_unique<PublishedFrame>());
    spare_.push_back(objects_.back().get());
  }
  PublishedFrame* frame = spare_.back();
  spare_.pop_back();
  frame->slot = free_slots_.back();
  free_slots_.pop_back();
  by_slot_[frame->slot] = frame;
  return frame;
}

void FrameTable::cancel(PublishedFrame& frame) noexcept {
  by_slot_[frame.slot] = nullptr;
  free_slots_.push_back(frame.slot);
  spare_.push_back(&frame);
}

[[gnu::hot]] void FrameTable::publish(PublishedFrame& frame) noexcept {
  frame.retired = false;
  frame.v1_locks = 0;
  frame.v1_sent.reset();
  live_.push_back(frame);
}

void FrameTable::retire(PublishedFrame& frame, std::int64_t now_ns) noexcept {
  VSL_ASSERT(!frame.retired);
  live_.remove(frame);
  frame.retired = true;
  frame.retired_ns = now_ns;
  waiting_.push_back(frame);
}

void FrameTable::end(PublishedFrame& frame, EndedFrames& ended) noexcept {
  (frame.retired ? waiting_ : live_).remove(frame);
  by_slot_[frame.slot] = nullptr;
  free_slots_.push_back(frame.slot);
  ended.push_back(frame);
}

void FrameTable::reuse(PublishedFrame& frame) noexcept {
  frame.serial = 0;
  spare_.push_back(&frame);
}

PublishedFrame* FrameTable::find(std::uint64_t serial) const noexcept {
  for (const FrameList* list : {&live_, &waiting_}) {
    // Newest first: that is what is asked for most.
    for (PublishedFrame* frame = list->back(); frame != nullptr; frame = frame->previous) {
      if (frame->serial == serial) return frame;
    }
  }
  return nullptr;
}

}  // namespace vsl::ipc
