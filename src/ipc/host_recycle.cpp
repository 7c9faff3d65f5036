// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/timerfd.h>

#include <algorithm>

#include "base/clock.hpp"
#include "ipc/host_impl.hpp"
#include "wire/v2_protocol.hpp"

namespace vsl {

namespace {
// A client may die between giving a frame back and ringing: look again now and then.
constexpr std::int64_t kSecondLookNs = 100'000'000;
constexpr std::int64_t kShowEveryNs = 100'000'000;
// How long a frame may live beyond its time when the one after it does not come.
constexpr std::int64_t kRestNs = 60'000'000;
constexpr std::int64_t kSteadyGapNs = 70'000'000;  // 15 frames a second
}  // namespace

void Host::Impl::retire_locked(PublishedFrame& frame, std::int64_t now_ns) {
  wire::v2::retire(board_.slots[frame.slot], frame.serial);
  frames_.retire(frame, now_ns);
}

void Host::Impl::expire_locked(std::int64_t now_ns) {
  if (now_ns <= next_expiry_ns_) return;
  next_expiry_ns_ = kForever;
  for (PublishedFrame* frame = frames_.live().front(); frame != nullptr;) {
    PublishedFrame* next = frame->next;
    const bool is_over = frame->expires_ns != 0 && frame->expires_ns < now_ns;
    if (is_over && frame->keep_newest && frame == frames_.live().back()) {
      newest_overstays_ = true;
    } else if (is_over) {
      retire_locked(*frame, now_ns);
    } else if (frame->expires_ns != 0) {
      next_expiry_ns_ = std::min(next_expiry_ns_, frame->expires_ns);
    }
    frame = next;
  }
}

void Host::Impl::scan_locked() {
  for (PublishedFrame* frame = frames_.waiting().front(); frame != nullptr; frame = frame->next) {
    frame->held = frame->v1_locks > 0;
  }
  const ipc::FrameTable* frames = &frames_;  // the analysis does not follow lambdas
  for (Peer* peer : v2_peers_) {
    wire::v2::scan(*peer->ledger, peer->lease_words,
                   [&](std::uint64_t serial, std::uint32_t slot, std::uint32_t) {
                     PublishedFrame* frame = frames->at_slot(slot);
                     const bool known = frame != nullptr && frame->serial == serial;
                     if (known) frame->held = true;  // else taken back, or a lie
                   });
  }
}

bool Host::Impl::overdue(const PublishedFrame& frame, std::int64_t now_ns) const noexcept {
  const std::int64_t limit = options.hold_limit.count();
  return limit >= 0 && now_ns - frame.retired_ns > limit;
}

void Host::Impl::recycle_locked(std::int64_t now_ns, EndedFrames& ended) {
  if (frames_.waiting().empty()) return;
  scan_locked();
  for (PublishedFrame* frame = frames_.waiting().front(); frame != nullptr;) {
    PublishedFrame* next = frame->next;
    if (!frame->held) {
      end_locked(*frame, ended);
    } else if (frame->pool == nullptr && overdue(*frame, now_ns)) {
      // Whether its producer lacks memory cannot be seen from here, so the limit holds always.
      take_back_locked(*frame, ended);
    }
    frame = next;
  }
}

void Host::Impl::end_locked(PublishedFrame& frame, EndedFrames& ended) {
  wire::v2::free_slot(board_.slots[frame.slot]);
  for (std::uint32_t i = 0; i < frame.frame.info().layout.buffer_count; ++i) {
    buffers_.drop_frame(frame.buffers[i]);
  }
  frames_.end(frame, ended);
}

void Host::Impl::take_back_locked(PublishedFrame& frame, EndedFrames& ended) {
  ++stats_.taken_back;
  board_.taken_back.store(stats_.taken_back, std::memory_order_relaxed);  // shown by `top`
  disconnect_v1_holders_locked(frame);
  end_locked(frame, ended);
}

void Host::Impl::starve_locked(const FrameOwner* pool, std::int64_t now_ns, EndedFrames& ended) {
  const auto came_back = [&] {
    for (PublishedFrame* frame = ended.front(); frame != nullptr; frame = frame->next) {
      if (frame->pool == pool) return true;
    }
    return false;
  };
  // Oldest first; the newest last of all, for whoever joins now wants it.
  for (PublishedFrame* frame = frames_.live().front(); frame != nullptr && !came_back();) {
    PublishedFrame* next = frame->next;
    if (frame->pool == pool) {
      retire_locked(*frame, now_ns);
      recycle_locked(now_ns, ended);
    }
    frame = next;
  }
  if (!came_back()) take_excess_locked(pool, now_ns, ended);
  for (PublishedFrame* frame = frames_.waiting().front(); frame != nullptr && !came_back();) {
    PublishedFrame* next = frame->next;
    if (frame->pool == pool && overdue(*frame, now_ns)) take_back_locked(*frame, ended);
    frame = next;
  }
  if (came_back()) return;
  ++stats_.no_buffer;
  board_.no_buffer.store(stats_.no_buffer, std::memory_order_relaxed);  // shown by `top`
}

void Host::Impl::reclaim(const FrameOwner* pool, bool starving) noexcept {
  if (in_child()) return;
  Farewell farewell(*this);
  const MutexLock lock(mutex_);
  const std::int64_t now_ns = monotonic_ns();
  sockets_if_due_locked(now_ns);
  expire_locked(now_ns);
  recycle_locked(now_ns, farewell.frames);
  if (starving) starve_locked(pool, now_ns, farewell.frames);
  drop_doomed_locked();  // v1 holders of what was taken back, before it is written to
}

void Host::Impl::let_go(EndedFrames& ended) noexcept {
  // Owners are told without our lock: their callbacks may come back to us.
  for (PublishedFrame* frame = ended.front(); frame != nullptr; frame = frame->next) {
    frame->frame = Frame();
  }
  const MutexLock lock(mutex_);
  while (PublishedFrame* frame = ended.front()) {
    ended.remove(*frame);
    frames_.reuse(*frame);
  }
}

std::int64_t Host::Impl::next_expiry_locked() const {
  if (next_expiry_ns_ == kForever) return kForever;
  // A frame expires when its time is over, not when it comes.
  const std::int64_t expiry_ns = next_expiry_ns_ + 1;
  if (!use_timer_ || post_gap_ns_ == 0 || post_gap_ns_ > kSteadyGapNs) return expiry_ns;
  // While frames follow each other, one expires as another is posted, which sees to it. A timer for
  // it would wake somebody at that very moment, to be in the way of the post and of its readers: so
  // the timer comes between two posts, and only now and then.
  const std::int64_t posts = std::max<std::int64_t>(kRestNs / post_gap_ns_ - 1, 1);
  return std::max(expiry_ns, last_post_ns_ + posts * post_gap_ns_ + post_gap_ns_ / 2);
}

std::int64_t Host::Impl::next_deadline_locked() {
  std::int64_t deadline = next_expiry_locked();
  const std::int64_t now_ns = monotonic_ns();
  if (!frames_.waiting().empty()) deadline = std::min(deadline, now_ns + kSecondLookNs);
  const std::int64_t accept_ns = accept_again_ns_.load(std::memory_order_relaxed);
  if (accept_ns != 0) deadline = std::min(deadline, accept_ns);
  if (file_suspect_) deadline = std::min(deadline, file_due_ns_);
  for (const auto& peer : peers_) {
    if (peer == nullptr) continue;
    if (peer->muted_until_ns != 0) deadline = std::min(deadline, peer->muted_until_ns);
    const bool owed = peer->buffers_due || peer->stage == Peer::Stage::welcome_pending;
    if (owed) deadline = std::min(deadline, now_ns + kRetryNs);
  }
  return deadline;
}

std::int64_t Host::Impl::next_deadline_ns() {
  const MutexLock lock(mutex_);
  return next_deadline_locked();
}

void Host::Impl::arm_timer_locked() {
  const std::int64_t deadline = next_deadline_locked();
  if (deadline == armed_ns_) return;
  // A later deadline waits for the timer that is armed: it fires early once, and is armed anew.
  if (deadline > armed_ns_ && armed_ns_ > monotonic_ns()) return;
  armed_ns_ = deadline;
  itimerspec when{};
  if (deadline != kForever) when.it_value = to_timespec(std::max<std::int64_t>(deadline, 1));
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void Host::Impl::show_clients_locked(std::int64_t now_ns) {
  if (options.hide_clients || now_ns - last_shown_ns_ < kShowEveryNs) return;
  last_shown_ns_ = now_ns;
  constexpr auto relaxed = std::memory_order_relaxed;  // for display, each number by itself
  for (const auto& peer : peers_) {
    if (peer == nullptr || peer->index >= wire::v2::kShownClients) continue;
    wire::v2::ClientEntry& shown = board_.clients[peer->index];
    std::uint32_t held = 0;
    std::int64_t oldest_ns = 0;
    const ipc::FrameTable* frames = &frames_;  // the analysis does not follow lambdas
    const auto holds = [&](std::uint64_t serial, std::uint32_t slot) {
      PublishedFrame* frame = frames->at_slot(slot);
      if (frame == nullptr || frame->serial != serial) return;
      ++held;
      oldest_ns = std::max(oldest_ns, now_ns - frame->frame.info().times.published_ns);
    };
    if (peer->ledger != nullptr) {
      wire::v2::scan(
          *peer->ledger, peer->lease_words,
          [&](std::uint64_t serial, std::uint32_t slot, std::uint32_t) { holds(serial, slot); });
    }
    for (const std::uint64_t serial : peer->locks) {
      PublishedFrame* frame = serial != 0 ? frames_.find(serial) : nullptr;
      if (frame != nullptr) holds(serial, frame->slot);
    }
    if (peer->ledger != nullptr) {
      shown.skips.store(static_cast<std::uint32_t>(peer->ledger->skipped.load(relaxed)), relaxed);
    }
    shown.held.store(held, relaxed);
    shown.oldest_hold_ns.store(static_cast<std::uint64_t>(oldest_ns), relaxed);
  }
}

}  // namespace vsl
