// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.hpp"
#include "base/futex.hpp"
#include "base/histogram.hpp"
#include "base/log.hpp"
#include "ipc/client_impl.hpp"

namespace vsl {

Error Client::Impl::cancelled() const {
  return Error::of(std::errc::operation_canceled, "wait for a frame of " + path);
}

[[gnu::hot]] Result<std::optional<Lease>> Client::Impl::wait(std::int64_t deadline_ns,
                                                             Delivery delivery,
                                                             std::int64_t until_ns) {
  if (fork_guard_.in_child()) {
    return Error::of(std::errc::operation_not_permitted,
                     "wait for a frame of " + path + " in a forked child: connect anew there");
  }
  const MutexLock lock(mutex_);
  out_of_leases_ = false;
  for (;;) {
    if (cancelled_.load(std::memory_order_acquire)) return cancelled();
    if (ended_) {
      return Error::of(std::errc::connection_reset, "receive from " + path + ": the host ended");
    }
    const bool was_v2 = v2_ != nullptr;
    if (was_v2) {
      auto step = wait_v2(deadline_ns, until_ns);
      if (!step || *step) return step;
    } else if (v1_ != nullptr) {
      auto step = wait_v1(deadline_ns, delivery, until_ns);
      if (!step || *step) return step;
    } else {
      VSL_CHECK(reconnect(deadline_ns));
    }
    if (out_of_leases_) {
      return Error::of(std::errc::too_many_files_open,
                       "lease a frame of " + path + ": all leases are held; release one first");
    }
    const bool progress = !was_v2 && v2_ != nullptr;  // the newest frame may be there already
    if (!progress && monotonic_ns() >= deadline_ns) return std::optional<Lease>();
  }
}

[[gnu::hot]] std::uint64_t Client::Impl::pick(std::uint64_t newest) const noexcept {
  const std::uint64_t every = std::max<std::uint32_t>(options.policy.every, 1);
  if (options.policy.order == Policy::Order::newest) {
    const std::uint64_t serial = newest - newest % every;
    return serial > cursor_ ? serial : 0;
  }
  const std::uint64_t depth =
      std::clamp<std::uint32_t>(options.policy.depth, 1, wire::v2::kRingSize);
  const std::uint64_t oldest = newest >= depth ? newest - depth + 1 : 1;
  std::uint64_t serial = std::max(cursor_ + 1, oldest);
  if (serial % every != 0) serial += every - serial % every;
  return serial <= newest ? serial : 0;
}

bool Client::Impl::too_early(std::int64_t now_ns) const noexcept {
  return next_delivery_ns_ > now_ns;
}

[[gnu::hot]] Client::Impl::Step Client::Impl::wait_v2(std::int64_t deadline_ns,
                                                      std::int64_t until_ns) {
  for (std::uint32_t passed_over = 0;;) {
    // The chime before `newest`: a frame that comes between the two has changed the chime already.
    const std::uint32_t chime = v2_->chime().word.load(std::memory_order_acquire);
    const std::uint64_t newest = v2_->newest();
    const bool limited = options.policy.max_mfps != 0 && too_early(monotonic_ns());
    const bool has_more = newest > cursor_ && SessionV2::is_serial(newest);
    const std::uint64_t serial = has_more && !limited ? pick(newest) : 0;
    if (serial != 0) {
      if (auto lease = take_v2(serial, until_ns)) return lease;
      if (out_of_leases_ || cancelled_.load(std::memory_order_relaxed))
        return std::optional<Lease>();
      if (missing_since_ns_ != 0) return wait_for_buffer(deadline_ns);
      // No more can be behind each other in the ring; a host that counts on we do not follow
      // blindly.
      if (++passed_over < wire::v2::kRingSize) continue;
    }
    if (!SessionV2::is_serial(newest)) {
      VSL_CHECK(lose("its newest frame cannot be"));
      return std::optional<Lease>();
    }
    if (v2_->closing()) {
      VSL_CHECK(lose("it closed"));
      return std::optional<Lease>();
    }
    const std::int64_t now_ns = monotonic_ns();
    if (now_ns - looked_ns_ >= kSliceNs && !look_at_socket()) {
      VSL_CHECK(lose("the connection ended"));
      return std::optional<Lease>();
    }
    if (now_ns >= deadline_ns || cancelled_.load(std::memory_order_acquire)) {
      return std::optional<Lease>();
    }
    if (serial != 0) continue;
    VSL_CHECK(sleep_v2(chime, limited ? std::min(deadline_ns, next_delivery_ns_) : deadline_ns));
  }
}

[[gnu::hot]] Result<void> Client::Impl::sleep_v2(std::uint32_t chime, std::int64_t deadline_ns) {
  const std::int64_t slice_ns = looked_ns_ + kSliceNs;
  const SessionV2* const session = v2_.get();  // only this thread ends a v2 session
  mutex_.unlock();
  const int result =
      futex_wait_until(session->chime().word, chime, std::min(deadline_ns, slice_ns));
  mutex_.lock();
  session->fetch_ahead(cursor_ + 1);
  if (result == EINTR) return Error::of(std::errc::interrupted, "wait for a frame of " + path);
  return {};
}

Result<void> Client::Impl::sleep_on(int socket, std::int64_t deadline_ns) {
  pollfd ready[2] = {{cancel_event_.get(), POLLIN, 0}, {socket, POLLIN, 0}};
  const std::int64_t now_ns = monotonic_ns();
  const timespec limit = to_timespec(deadline_ns - now_ns);
  mutex_.unlock();
  const int count = ::ppoll(ready, 2, deadline_ns == INT64_MAX ? nullptr : &limit, nullptr);
  const int errnum = errno;
  mutex_.lock();
  if (count < 0) return Error::from_errno(errnum, "wait for " + path);
  return {};
}

bool Client::Impl::look_at_socket() {
  looked_ns_ = monotonic_ns();
  show_counts();
  return v2_->drain();
}

[[gnu::hot]] std::optional<Lease> Client::Impl::take_v2(std::uint64_t serial,
                                                        std::int64_t until_ns) {
  using Outcome = SessionV2::Outcome;
  std::uint32_t index = 0;
  std::uint64_t wanted = 0;
  Outcome outcome = v2_->try_lease(serial, index, wanted);
  if (outcome == Outcome::unknown_buffer) {
    // Its fd was sent before the frame was published, unless there was no room.
    (void)look_at_socket();  // a hang-up is found again by the next look
    outcome = v2_->try_lease(serial, index, wanted);
  }
  if (outcome == Outcome::unknown_buffer && !buffer_is_overdue(wanted)) return std::nullopt;
  missing_since_ns_ = 0;
  if (outcome == Outcome::no_record) {
    ++stats_.no_lease;
    out_of_leases_ = true;
    return std::nullopt;  // the frame is not passed over: it may be had once a lease is released
  }
  cursor_ = serial;
  if (outcome == Outcome::leased) return deliver_v2(index, until_ns);
  if (outcome == Outcome::lapped) ++stats_.lapped;
  if (outcome == Outcome::gone) ++stats_.gone;
  if (outcome == Outcome::unknown_buffer || outcome == Outcome::unsafe) ++stats_.unknown_buffer;
  if (outcome == Outcome::refused) count_refused();
  return std::nullopt;
}

bool Client::Impl::buffer_is_overdue(std::uint64_t id) {
  const std::int64_t now_ns = monotonic_ns();
  if (missing_since_ns_ == 0) {
    missing_since_ns_ = now_ns;
    v2_->want(id);
  }
  return now_ns - missing_since_ns_ >= kSliceNs;
}

Client::Impl::Step Client::Impl::wait_for_buffer(std::int64_t deadline_ns) {
  const std::int64_t patience_ns = missing_since_ns_ + kSliceNs;
  const std::int64_t until_ns = std::min(deadline_ns, patience_ns);
  if (until_ns > monotonic_ns()) VSL_CHECK(sleep_on(v2_->socket.get(), until_ns));
  set_timer(patience_ns);
  if (!look_at_socket()) VSL_CHECK(lose("the connection ended"));
  return std::optional<Lease>();
}

[[gnu::hot]] std::optional<Lease> Client::Impl::deliver_v2(std::uint32_t index,
                                                           std::int64_t until_ns) {
  Lease lease(v2_, index);
  auto& record = v2_->records[index];
  if (until_ns != 0 && record.description.published_ns < until_ns) return std::nullopt;
  count_skips(record.serial);
  record.skipped = skipped_now_;
  ++stats_.delivered;
  // For `top` one frame in eight tells enough, and the others are a clock reading faster.
  constexpr std::uint64_t kSampled = 8;
  const bool sampled = stats_.delivered % kSampled == 1;
  if (!sampled && options.policy.max_mfps == 0) return lease;
  if (sampled) show_counts();  // a reader that never has to wait would not show any
  record.leased_ns = monotonic_ns();
  const std::int64_t waited_ns = age_ns(record.description.published_ns, record.leased_ns);
  v2_->ledger().wake_latency[log2_bucket(static_cast<std::uint64_t>(waited_ns))].add_relaxed(1);
  if (options.policy.max_mfps != 0) {
    const std::int64_t period_ns = 1'000'000'000'000 / options.policy.max_mfps;
    // From the time it was due, unless that is long ago: the mean rate is what was asked for.
    next_delivery_ns_ = std::max(next_delivery_ns_, record.leased_ns - period_ns) + period_ns;
  }
  return lease;
}

[[gnu::hot]] void Client::Impl::count_skips(std::uint64_t serial) noexcept {
  const bool follows = last_delivered_ != 0 && serial > last_delivered_;
  skipped_now_ = follows ? serial - last_delivered_ - 1 : 0;
  stats_.skipped += skipped_now_;
  last_delivered_ = serial;
}

void Client::Impl::count_refused() {
  if (++stats_.refused != 1) return;
  VSL_LOG_WARN("frames are refused: their memory can be truncated while it is read",
               kv("path", path), kv("remedy", "ClientOptions::accept_may_fault"));
}

void Client::Impl::show_counts() noexcept {
  constexpr auto relaxed = std::memory_order_relaxed;  // for display
  wire::v2::Ledger& ledger = v2_->ledger();
  ledger.cursor.store(cursor_, relaxed);
  ledger.delivered.store(stats_.delivered, relaxed);
  ledger.skipped.store(stats_.skipped, relaxed);
  ledger.lapped.store(stats_.lapped, relaxed);
  ledger.gone.store(stats_.gone, relaxed);
  ledger.no_lease.store(stats_.no_lease, relaxed);
  ledger.unknown_buffer.store(stats_.unknown_buffer, relaxed);
}

Result<Lease> Client::Impl::lease_again(std::uint64_t word, std::uint64_t epoch) {
  std::uint32_t index = 0;
  std::uint64_t wanted = 0;
  const auto what = [&] {
    return "lease frame " + std::to_string(wire::v2::serial_of(word)) + " of " + path + " again";
  };
  // The ledger is not mapped in a child.
  if (fork_guard_.in_child()) return Error::of(std::errc::operation_not_permitted, what());
  const MutexLock lock(mutex_);
  // Another life of the host gives the same serials to other frames.
  if (v2_ == nullptr || v2_->epoch() != epoch) return Error::from_errno(ESTALE, what());
  switch (v2_->try_lease_word(word, index, wanted)) {
    case SessionV2::Outcome::leased:
      return Lease(v2_, index);
    case SessionV2::Outcome::no_record:
      return Error::of(std::errc::too_many_files_open, what() + ": all leases are held");
    default:
      return Error::from_errno(ESTALE, what());
  }
}

}  // namespace vsl
