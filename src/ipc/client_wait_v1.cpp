// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>

#include "base/clock.hpp"
#include "ipc/client_impl.hpp"

/// Waiting for, taking and locking the frames of a connection that speaks wire v1, for now or for
/// good.
namespace vsl {

Result<void> Client::Impl::read_v1() {
  constexpr int kMost = 512;
  for (int i = 0; i < kMost && v1_ != nullptr; ++i) {
    switch (v1_->receive()) {
      case SessionV1::Received::nothing:
        return {};
      case SessionV1::Received::something:
        break;
      case SessionV1::Received::welcome:
        return upgrade();
      case SessionV1::Received::refused: {
        Error refused = refusal();
        return options.reconnect && !ended_ ? Result<void>() : std::move(refused);
      }
      case SessionV1::Received::closed:
        return lose("the connection ended");
    }
  }
  return {};
}

Client::Impl::Step Client::Impl::wait_v1(std::int64_t deadline_ns, Delivery delivery,
                                         std::int64_t until_ns) {
  if (hello_due_) (void)say_hello().has_value();  // a hang-up is found by reading
  if (v1_ != nullptr) VSL_CHECK(read_v1());
  if (v1_ == nullptr) return std::optional<Lease>();  // upgraded, refused or lost
  if (asked_v1_) return finish_v1(deadline_ns);
  std::int64_t wake_ns = deadline_ns;
  if (v1_->has_frames()) {
    if (v1_->is_v1()) return take_v1(delivery, until_ns);
    wake_ns = std::min(wake_ns, v1_->patience_until_ns());
  }
  if (monotonic_ns() < wake_ns) VSL_CHECK(sleep_on(v1_->socket.get(), wake_ns));
  if (epoll_ && wake_ns != deadline_ns) set_timer(wake_ns);
  return std::optional<Lease>();
}

Client::Impl::Step Client::Impl::take_v1(Delivery delivery, std::int64_t until_ns) {
  back_off_ns_ = 0;
  std::uint32_t index = 0;
  std::uint64_t passed_over = 0;
  const auto outcome = v1_->take(options.policy.order == Policy::Order::newest, index, passed_over);
  if (outcome == SessionV1::Outcome::no_record) {
    ++stats_.no_lease;
    out_of_leases_ = true;
  }
  if (outcome == SessionV1::Outcome::gone) ++stats_.gone;
  if (outcome == SessionV1::Outcome::refused) count_refused();
  if (outcome != SessionV1::Outcome::taken) return std::optional<Lease>();
  Lease lease(v1_, index);
  const auto& record = v1_->records[index];
  const std::uint64_t every = std::max<std::uint32_t>(options.policy.every, 1);
  const bool wanted = record.description.published_ns >= until_ns && record.serial % every == 0 &&
                      (options.policy.max_mfps == 0 || !too_early(monotonic_ns()));
  if (!wanted) return std::optional<Lease>();
  if (delivery == Delivery::as_announced) return std::optional<Lease>(deliver_v1(std::move(lease)));
  const auto asked = v1_->ask_lock(index);
  if (asked == ipc::Transfer::closed) v1_->give_up();  // the next read finds the end
  if (asked == ipc::Transfer::later) ++stats_.gone;    // no room for the question: the next frame
  if (asked != ipc::Transfer::done) return std::optional<Lease>();
  asked_v1_ = std::move(lease);
  asked_until_ns_ = monotonic_ns() + kAnswerNs;
  return finish_v1(0);
}

Client::Impl::Step Client::Impl::finish_v1(std::int64_t deadline_ns) {
  switch (v1_->lock_state(asked_v1_.index())) {
    case SessionV1::Lock::granted:
      return std::optional<Lease>(deliver_v1(std::move(asked_v1_)));
    case SessionV1::Lock::expired:
      ++stats_.gone;
      asked_v1_ = Lease();
      return std::optional<Lease>();
    case SessionV1::Lock::too_many:
      asked_v1_ = Lease();
      ++stats_.no_lease;
      out_of_leases_ = true;
      return std::optional<Lease>();
    case SessionV1::Lock::asked:
      break;
  }
  if (monotonic_ns() >= asked_until_ns_) {
    v1_->give_up();  // the next read finds the end
  } else if (monotonic_ns() < deadline_ns) {
    VSL_CHECK(sleep_on(v1_->socket.get(), std::min(deadline_ns, asked_until_ns_)));
  } else if (epoll_) {
    set_timer(asked_until_ns_);
  }
  return std::optional<Lease>();
}

Lease Client::Impl::deliver_v1(Lease lease) {
  auto& record = lease.session()->records[lease.index()];
  count_skips(record.serial);
  record.skipped = skipped_now_;
  ++stats_.delivered;
  if (options.policy.max_mfps != 0) {
    next_delivery_ns_ = monotonic_ns() + 1'000'000'000'000 / options.policy.max_mfps;
  }
  return lease;
}

Result<void> Client::Impl::confirm(Lease& lease, std::int64_t deadline_ns) {
  const MutexLock lock(mutex_);
  if (v1_.get() != lease.session()) {
    return Error::from_errno(ESTALE, "lock a frame of " + path + " whose connection has ended");
  }
  if (lease.session()->records[lease.index()].v1_locked) return {};
  return lock_v1(lease.index(), deadline_ns);
}

Result<void> Client::Impl::lock_v1(std::uint32_t index, std::int64_t deadline_ns) {
  const std::shared_ptr<SessionV1> session = v1_;
  const std::string what =
      "lock frame " + std::to_string(session->records[index].serial) + " of " + path;
  switch (session->ask_lock(index)) {
    case ipc::Transfer::done:
      break;
    case ipc::Transfer::later:
      return Error::of(std::errc::resource_unavailable_try_again, what);
    case ipc::Transfer::closed:
      return Error::of(std::errc::connection_reset, what);
  }
  for (;;) {
    switch (session->lock_state(index)) {
      case SessionV1::Lock::granted:
        return {};
      case SessionV1::Lock::expired:
        return Error::from_errno(ESTALE, what);
      case SessionV1::Lock::too_many:
        return Error::of(std::errc::too_many_files_open, what + ": 20 are held");
      case SessionV1::Lock::asked:
        break;
    }
    const bool over = monotonic_ns() >= deadline_ns;
    if (over) session->give_up();
    if (over || cancelled_.load(std::memory_order_acquire) || v1_ != session) {
      session->forget_lock(index);
      return Error::of(std::errc::timed_out, what + ": the host does not answer");
    }
    auto slept = sleep_on(session->socket.get(), deadline_ns);
    if (slept) slept = read_v1();
    if (slept) continue;
    session->forget_lock(index);  // its answer is not the next frame's in this record
    return slept;
  }
}

}  // namespace vsl
