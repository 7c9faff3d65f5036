// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>

#include "ipc/host_impl.hpp"
#include "wire/v2_protocol.hpp"

/// What all readers together may hold of a pool, and who loses frames at once when they hold more.
/// docs/decisions/0011-one-budget-for-all-readers.md
namespace vsl {

namespace {
constexpr std::int64_t kModestNs = 2'000'000'000;
}

std::uint32_t Host::Impl::readers_budget(std::uint32_t pool_buffers) noexcept {
  constexpr std::uint32_t kReserve = 3;  // written, shown, spare
  return pool_buffers > kReserve ? pool_buffers - kReserve : UINT32_MAX;
}

const std::vector<uid_t>& Host::Impl::peers_uids_locked() {
  uids_.clear();  // it has room for all
  for (const auto& peer : peers_) {
    if (peer != nullptr) uids_.push_back(peer->credentials.uid);
  }
  std::sort(uids_.begin(), uids_.end());
  uids_.erase(std::unique(uids_.begin(), uids_.end()), uids_.end());
  return uids_;
}

std::uint32_t Host::Impl::mark_held_by_locked(uid_t uid, const FrameOwner* pool) {
  for (PublishedFrame* frame = frames_.waiting().front(); frame != nullptr; frame = frame->next) {
    frame->held = false;
  }
  const ipc::FrameTable* frames = &frames_;  // the analysis does not follow lambdas
  const auto mark = [&](std::uint64_t serial, std::uint32_t slot, std::uint32_t) {
    PublishedFrame* frame = frames->at_slot(slot);
    if (frame != nullptr && frame->serial == serial) frame->held = true;
  };
  for (const auto& peer : peers_) {
    if (peer == nullptr || peer->credentials.uid != uid) continue;
    if (peer->ledger != nullptr) wire::v2::scan(*peer->ledger, peer->lease_words, mark);
    for (const std::uint64_t serial : peer->locks) {
      PublishedFrame* frame = serial != 0 ? frames_.find(serial) : nullptr;
      if (frame != nullptr) frame->held = true;
    }
  }
  std::uint32_t count = 0;
  for (PublishedFrame* frame = frames_.waiting().front(); frame != nullptr; frame = frame->next) {
    if (frame->pool == pool && frame->held) ++count;
  }
  return count;
}

std::uint32_t Host::Impl::share_of_locked(uid_t uid, std::uint32_t share, std::int64_t now_ns) {
  const bool modest = std::any_of(modest_.begin(), modest_.end(), [&](const Modest& known) {
    return known.uid == uid && known.until_ns > now_ns;
  });
  return modest ? std::min(share, 1U) : share;
}

void Host::Impl::make_modest_locked(uid_t uid, std::int64_t now_ns) {
  auto place = std::find_if(modest_.begin(), modest_.end(),
                            [&](const Modest& known) { return known.uid == uid; });
  if (place == modest_.end()) {
    place = std::min_element(modest_.begin(), modest_.end(),
                             [](const auto& a, const auto& b) { return a.until_ns < b.until_ns; });
  }
  *place = {uid, now_ns + kModestNs};
}

void Host::Impl::spare_within_share_locked(const FrameOwner* pool, std::uint32_t budget,
                                           std::int64_t now_ns) {
  for (PublishedFrame* frame = frames_.waiting().front(); frame != nullptr; frame = frame->next) {
    frame->spared = false;
  }
  std::uint32_t holders = 0;
  for (const uid_t uid : peers_uids_locked()) {
    if (mark_held_by_locked(uid, pool) > 0) ++holders;
  }
  const std::uint32_t share = budget / std::max(holders, 1U);
  for (const uid_t uid : uids_) {
    if (mark_held_by_locked(uid, pool) > share_of_locked(uid, share, now_ns)) continue;
    for (PublishedFrame* frame = frames_.waiting().front(); frame != nullptr; frame = frame->next) {
      frame->spared = frame->spared || frame->held;
    }
  }
}

void Host::Impl::take_excess_locked(const FrameOwner* pool, std::int64_t now_ns,
                                    EndedFrames& ended) {
  if (options.hold_limit.count() < 0) return;  // nothing is ever taken back
  const std::uint32_t budget = readers_budget(pool->pool_buffers());
  std::uint32_t held = 0;
  for (PublishedFrame* frame = frames_.waiting().front(); frame != nullptr; frame = frame->next) {
    if (frame->pool == pool) ++held;
  }
  if (held <= budget) return;
  spare_within_share_locked(pool, budget, now_ns);
  PublishedFrame* victim = frames_.waiting().front();
  while (victim != nullptr && (victim->pool != pool || victim->spared)) victim = victim->next;
  if (victim == nullptr) return;
  for (const uid_t uid : uids_) {
    (void)mark_held_by_locked(uid, pool);
    if (victim->held) make_modest_locked(uid, now_ns);
  }
  take_back_locked(*victim, ended);
}

}  // namespace vsl
