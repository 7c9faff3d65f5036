// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "frame/reclaimers.hpp"
#include "videostream/frame.hpp"

namespace vsl::codec {

/// Memory for frames whose size only shows while coding: as many buffers as are in use at a time,
/// each as large as was asked of it, used again when nobody has them. A buffer may have several
/// users, as a decoded picture has that is shown and still needed to decode others. Thread-safe.
class FrameMemory final : public FrameOwner, public std::enable_shared_from_this<FrameMemory> {
 public:
  /// Twice what decoder (16 references, its threads) and readers (20 leases) may want together.
  static constexpr std::uint32_t kMostBuffers = 128;

  /// From here on hosts are asked for frames that nobody reads before there is one buffer more.
  static constexpr std::uint32_t kUsualBuffers = 24;

  struct Block {
    std::shared_ptr<Buffer> buffer;
    std::byte* data = nullptr;
    std::uint64_t token = 0;
  };

  FrameMemory() { slots_.reserve(kMostBuffers); }

  /// A block with one user. Errors: no_buffer_space (all are in use); those of Buffer::allocate.
  Result<Block> take(std::size_t bytes);
  /// One user less; the last one's block is free.
  void give_back(std::uint64_t token) noexcept;
  /// A frame in the block, which takes over one use of it. Errors: those of Frame::wrap; the use is
  /// given back then.
  Result<Frame> wrap(const FrameInfo& info, std::uint64_t token);
  /// A packet: coded bytes, copied into a block. Errors: those of take().
  Result<Frame> hold(std::span<const std::byte> coded, Fourcc codec, std::uint32_t width_px,
                     std::uint32_t height_px);
  /// One user more.
  void share(std::uint64_t token) noexcept;
  std::uint32_t buffers() noexcept;

  void release_frame(std::uint64_t token) noexcept override { give_back(token); }
  std::uint32_t pool_buffers() const noexcept override { return kMostBuffers; }
  void add_reclaimer(std::weak_ptr<Reclaimer> reclaimer) override {
    reclaimers_.add(std::move(reclaimer));
  }

 private:
  struct Slot {
    std::shared_ptr<Buffer> buffer;
    std::byte* data = nullptr;
    std::uint32_t users = 0;
  };
  static constexpr std::uint32_t kNone = kMostBuffers;

  std::uint32_t find_free(std::size_t bytes, std::uint32_t most) noexcept;
  bool any_free() noexcept;
  Result<Block> fill(std::uint32_t index, std::size_t bytes);

  std::mutex mutex_;  ///< leaf: nothing else is locked and no system call made under it
  std::vector<Slot> slots_;
  Reclaimers reclaimers_;
};

}  // namespace vsl::codec
