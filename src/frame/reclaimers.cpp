// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "frame/reclaimers.hpp"

namespace vsl {
namespace {

bool same(const std::weak_ptr<Reclaimer>& a, const std::weak_ptr<Reclaimer>& b) {
  return !a.owner_before(b) && !b.owner_before(a);
}

}  // namespace

void Reclaimers::add(std::weak_ptr<Reclaimer> reclaimer) {
  const std::lock_guard lock(mutex_);
  std::erase_if(reclaimers_, [](const auto& known) { return known.expired(); });
  for (const auto& known : reclaimers_) {
    if (same(known, reclaimer)) return;
  }
  reclaimers_.push_back(std::move(reclaimer));
}

std::size_t Reclaimers::size() noexcept {
  const std::lock_guard lock(mutex_);
  return reclaimers_.size();
}

std::shared_ptr<Reclaimer> Reclaimers::at(std::size_t index) noexcept {
  const std::lock_guard lock(mutex_);
  return index < reclaimers_.size() ? reclaimers_[index].lock() : nullptr;
}

}  // namespace vsl
