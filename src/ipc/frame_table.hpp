// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <vector>

#include "videostream/frame.hpp"
#include "wire/v2_layout.hpp"

namespace vsl::ipc {

inline constexpr std::uint32_t kMaxClients = 1024;

/// A frame in the host's hands.
struct PublishedFrame {
  std::uint64_t serial = 0;
  std::uint32_t slot = 0;
  bool retired = false;         ///< no new lease succeeds; waits for its holders
  bool keep_newest = false;     ///< expires only when it is not the newest any more
  bool folded_stride = false;   ///< see wire::v2::kFlagFoldedStride
  bool held = false;            ///< scratch of one scan
  bool spared = false;          ///< likewise: somebody holds it who holds no more than its share
  std::int64_t expires_ns = 0;  ///< 0 = no such time
  std::int64_t retired_ns = 0;
  Frame frame;
  const FrameOwner* pool = nullptr;        ///< set when its memory recycles
  std::uint32_t buffers[kMaxPlanes] = {};  ///< indices in the buffer table
  std::uint32_t v1_locks = 0;
  std::bitset<kMaxClients> v1_sent;  ///< who may name its serial

  PublishedFrame* next = nullptr;
  PublishedFrame* previous = nullptr;
};

/// A doubly linked list through the frames themselves, oldest first.
class FrameList {
 public:
  void push_back(PublishedFrame& frame) noexcept;
  void remove(PublishedFrame& frame) noexcept;
  PublishedFrame* front() const noexcept { return first_; }
  PublishedFrame* back() const noexcept { return last_; }
  bool empty() const noexcept { return first_ == nullptr; }
  std::uint32_t size() const noexcept { return size_; }

 private:
  PublishedFrame* first_ = nullptr;
  PublishedFrame* last_ = nullptr;
  std::uint32_t size_ = 0;
};

/// Frames that ended and whose owners are still to be told, which happens without the host's lock.
using EndedFrames = FrameList;

/// All published frames by slot, live ones and retired ones that wait for their holders. Objects
/// are re-used: nothing is allocated per frame. Thread-confined (the host's lock).
class FrameTable {
 public:
  FrameTable();

  /// A new frame with a free slot, the one used last: its page is in the caches. Null when all 4096
  /// are taken. The only function here that may need memory.
  PublishedFrame* add();
  /// The slot that add() will give next, if it has one.
  std::uint32_t next_slot() const noexcept { return free_slots_.empty() ? 0 : free_slots_.back(); }
  /// Takes back what add() gave, before anything was published.
  void cancel(PublishedFrame& frame) noexcept;
  /// The frame is published: from now on it is in live().
  void publish(PublishedFrame& frame) noexcept;
  /// Moves it from live() to waiting().
  void retire(PublishedFrame& frame, std::int64_t now_ns) noexcept;
  /// Its slot is free; the frame goes to `ended`.
  void end(PublishedFrame& frame, EndedFrames& ended) noexcept;
  /// Takes an ended frame's object for re-use, after its memory was let go.
  void reuse(PublishedFrame& frame) noexcept;

  const FrameList& live() const noexcept { return live_; }
  const FrameList& waiting() const noexcept { return waiting_; }
  PublishedFrame* at_slot(std::uint32_t slot) const noexcept { return by_slot_[slot]; }
  PublishedFrame* find(std::uint64_t serial) const noexcept;

 private:
  std::vector<std::unique_ptr<PublishedFrame>> objects_;
  std::vector<PublishedFrame*> spare_;
  std::vector<PublishedFrame*> by_slot_;
  std::vector<std::uint32_t> free_slots_;
  FrameList live_, waiting_;
};

}  // namespace vsl::ipc
