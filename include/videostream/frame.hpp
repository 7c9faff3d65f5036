// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <memory>
#include <span>

#include "videostream/buffer.hpp"
#include "videostream/frame_info.hpp"

namespace vsl {

class FrameOwner;

/// Asked by a pool for buffers that came back. Implemented by the host.
class Reclaimer {
 public:
  virtual ~Reclaimer() = default;
  /// Recycles published frames that nobody reads. With `starving` also retires the pool's oldest
  /// frames early and takes back what is held beyond the limit, until one of its buffers came back.
  virtual void reclaim(const FrameOwner* pool, bool starving) noexcept = 0;
};

/// What happens to a frame's memory when its last user is done: a pool takes it back, a C program
/// gets its callback. Thread-safe.
class FrameOwner {
 public:
  virtual ~FrameOwner() = default;
  /// Called once per frame, from whichever thread lets go, with no lock held.
  virtual void release_frame(std::uint64_t token) noexcept = 0;
  /// Buffers of a pool that recycles; 0 = each frame comes once.
  virtual std::uint32_t pool_buffers() const noexcept { return 0; }
  /// The host that publishes frames of this owner offers to be asked for them.
  virtual void add_reclaimer(std::weak_ptr<Reclaimer>) {}
};

/// A picture in memory that this process owns alone and may write, until it is published.
/// Moves, never copies; thread-confined.
class VSL_EXPORT Frame {
 public:
  Frame() = default;
  /// A frame over given buffers. Errors: invalid_argument (a plane or buffer outside its memory).
  static Result<Frame> wrap(const FrameInfo& info, std::span<const std::shared_ptr<Buffer>> buffers,
                            std::shared_ptr<FrameOwner> owner = nullptr, std::uint64_t token = 0);
  /// A frame with memory of its own in one buffer. Errors: those of Buffer::allocate.
  static Result<Frame> allocate(const Layout& layout, const MemoryOptions& options = {});

  Frame(Frame&& other) noexcept;
  Frame& operator=(Frame&& other) noexcept;
  ~Frame();

  explicit operator bool() const noexcept { return info_.layout.buffer_count != 0; }
  const FrameInfo& info() const noexcept { return info_; }
  /// To set colour, times, crop, flags. The layout must stay inside the buffers; publish checks it.
  FrameInfo& info() noexcept { return info_; }
  const std::shared_ptr<Buffer>& buffer(std::size_t index) const { return buffers_[index]; }

  /// Writable bytes of a plane, from its offset to its end; empty when there is no such plane or it
  /// cannot be mapped (map() says why). The first call opens the dma-buf bracket, publishing ends
  /// it.
  std::span<std::byte> plane(std::size_t index);
  Result<void> map();

  /// Whether CPU access has begun: planes were asked for.
  bool cpu_access() const noexcept { return cpu_access_; }
  /// Ends CPU access; done by publish and by the destructor.
  void end_cpu_access() noexcept;

  /// User bytes that travel with the frame, ≤ kMaxBlobBytes. Errors: message_size.
  Result<void> set_blob(std::span<const std::byte> blob);
  std::span<const std::byte> blob() const {
    return std::span(blob_).first(info_.blob_bytes < kMaxBlobBytes ? info_.blob_bytes
                                                                   : kMaxBlobBytes);
  }

  const std::shared_ptr<FrameOwner>& owner() const noexcept { return owner_; }

 private:
  void reset() noexcept;

  FrameInfo info_;
  std::array<std::shared_ptr<Buffer>, kMaxPlanes> buffers_;
  std::array<std::byte, kMaxBlobBytes> blob_{};
  std::shared_ptr<FrameOwner> owner_;
  std::uint64_t token_ = 0;
  bool cpu_access_ = false;
};

}  // namespace vsl
