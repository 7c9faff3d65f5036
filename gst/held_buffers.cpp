// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "held_buffers.hpp"

namespace vsl::gst {

std::uint64_t HeldBuffers::hold(GstBuffer* buffer) noexcept {
  held_.fetch_add(1, std::memory_order_relaxed);
  return reinterpret_cast<std::uintptr_t>(gst_buffer_ref(buffer));
}

void HeldBuffers::release_frame(std::uint64_t token) noexcept {
  held_.fetch_sub(1, std::memory_order_relaxed);
  gst_buffer_unref(reinterpret_cast<GstBuffer*>(static_cast<std::uintptr_t>(token)));
}

void HeldBuffers::add_reclaimer(std::weak_ptr<Reclaimer> reclaimer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(reclaimers_, [](const auto& known) { return known.expired(); });
  reclaimers_.push_back(std::move(reclaimer));
}

void HeldBuffers::reclaim(bool starving) noexcept {
  std::vector<std::weak_ptr<Reclaimer>> reclaimers;
  {
    const std::lock_guard lock(mutex_);
    reclaimers = reclaimers_;
  }
  for (const auto& known : reclaimers) {
    if (const auto host = known.lock()) host->reclaim(this, starving);
  }
}

bool HeldBuffers::make_room() noexcept {
  if (held() < limit_) return true;
  reclaim(false);
  if (held() < limit_) return true;
  reclaim(true);
  return held() < limit_;
}

}  // namespace vsl::gst
