// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "videostream/frame.hpp"

namespace vsl::gst {

/// Owner of the frames that lie in buffers of one upstream pool. A published frame holds its
/// GstBuffer, which so comes back to its pool when neither upstream nor a reader needs it.
/// Thread-safe.
class HeldBuffers final : public FrameOwner {
 public:
  /// At most `limit` buffers are published at a time.
  explicit HeldBuffers(std::uint32_t limit) : limit_(limit) {}

  /// Takes a reference that release_frame() gives back.
  std::uint64_t hold(GstBuffer* buffer) noexcept;
  /// Whether one more may be published, after hosts gave back what they can.
  bool make_room() noexcept;
  std::uint32_t held() const noexcept { return held_.load(std::memory_order_relaxed); }

  void release_frame(std::uint64_t token) noexcept override;
  std::uint32_t pool_buffers() const noexcept override { return limit_; }
  void add_reclaimer(std::weak_ptr<Reclaimer> reclaimer) override;

 private:
  void reclaim(bool starving) noexcept;

  const std::uint32_t limit_;
  std::atomic<std::uint32_t> held_{0};  // a count, nothing is ordered by it
  std::mutex mutex_;                    // guards the list; nothing is called under it
  std::vector<std::weak_ptr<Reclaimer>> reclaimers_;
};

}  // namespace vsl::gst
