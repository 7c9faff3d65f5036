// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>

#include "base/mutex.hpp"
#include "ipc/session_v1.hpp"
#include "ipc/session_v2.hpp"
#include "videostream/client.hpp"

namespace vsl {

struct Client::Impl {
  Impl(std::string path_in, ClientOptions options_in);

  /// How a frame is delivered: C++ gets it leased; the C ABI, with a v1 host, without the lock.
  enum class Delivery { locked, as_announced };

  Result<void> open(std::int64_t deadline_ns);
  /// Waits until `deadline_ns` at most (0: does not wait). Frames published before `until_ns` are
  /// passed over.
  Result<std::optional<Lease>> wait(std::int64_t deadline_ns, Delivery delivery,
                                    std::int64_t until_ns);
  Result<std::optional<Lease>> try_frame();
  /// Makes up for what could not be added to the descriptor that the program polls.
  void watch_what_is_due();
  /// Leases a frame anew whose lease was given up, if it is the same host's and still live.
  Result<Lease> lease_again(std::uint64_t word, std::uint64_t epoch);
  /// Makes sure that the host knows of a lease: with a v1 host, by its lock.
  Result<void> confirm(Lease& lease, std::int64_t deadline_ns);
  Result<int> watch_fd();
  void cancel() noexcept;
  void resume() noexcept;
  ClientStats stats() const;

  const std::string path;
  const ClientOptions options;
  std::atomic<bool> connected{false};
  std::atomic<bool> host_closed{false};

 private:
  using SessionV1 = ipc::SessionV1;
  using SessionV2 = ipc::SessionV2;
  using Step = Result<std::optional<Lease>>;
  static constexpr auto kRelaxed = std::memory_order_relaxed;  // statistics
  const Lease::Session* session() const noexcept VSL_REQUIRES(mutex_) {
    if (v2_ != nullptr) return v2_.get();
    return v1_.get();
  }
  static constexpr std::int64_t kSliceNs = 40'000'000;
  static constexpr std::int64_t kAnswerNs = 1'000'000'000;  ///< a v1 host has, for a lock
  static constexpr std::int64_t kNever = INT64_MAX;
  static constexpr std::int64_t kFirstBackOffNs = 1'000'000;
  static constexpr std::int64_t kLastBackOffNs = 40'000'000;

  // client_connect.cpp
  Result<void> connect_once() VSL_REQUIRES(mutex_);
  Result<void> say_hello() VSL_REQUIRES(mutex_);
  Result<void> upgrade() VSL_REQUIRES(mutex_);
  Error refusal() VSL_REQUIRES(mutex_);
  /// Tries to connect when it is time to, sleeping until then or the deadline.
  Result<void> reconnect(std::int64_t deadline_ns) VSL_REQUIRES(mutex_);
  Result<void> lose(const char* why) VSL_REQUIRES(mutex_);
  void set_sessions(std::shared_ptr<SessionV1> v1, std::shared_ptr<SessionV2> v2)
      VSL_REQUIRES(mutex_);
  int session_fd() const noexcept VSL_REQUIRES(mutex_);
  void watch_session() noexcept VSL_REQUIRES(mutex_);
  void forget_session() noexcept VSL_REQUIRES(mutex_);
  void set_timer(std::int64_t at_ns) noexcept VSL_REQUIRES(mutex_);

  // client_wait.cpp
  Step wait_v2(std::int64_t deadline_ns, std::int64_t until_ns) VSL_REQUIRES(mutex_);
  std::uint64_t pick(std::uint64_t newest) const noexcept VSL_REQUIRES(mutex_);
  /// Leases `serial` if it can be. Nothing: it was passed over, or its buffer has not come yet.
  std::optional<Lease> take_v2(std::uint64_t serial, std::int64_t until_ns) VSL_REQUIRES(mutex_);
  std::optional<Lease> deliver_v2(std::uint32_t index, std::int64_t until_ns) VSL_REQUIRES(mutex_);
  /// Asks for a buffer that did not come; true when it did not for so long that we go on.
  bool buffer_is_overdue(std::uint64_t id) VSL_REQUIRES(mutex_);
  Step wait_for_buffer(std::int64_t deadline_ns) VSL_REQUIRES(mutex_);
  bool look_at_socket() VSL_REQUIRES(mutex_);
  Result<void> sleep_v2(std::uint32_t chime, std::int64_t deadline_ns) VSL_REQUIRES(mutex_);
  bool too_early(std::int64_t now_ns) const noexcept VSL_REQUIRES(mutex_);
  Step wait_v1(std::int64_t deadline_ns, Delivery delivery, std::int64_t until_ns)
      VSL_REQUIRES(mutex_);
  Result<void> read_v1() VSL_REQUIRES(mutex_);
  Step take_v1(Delivery delivery, std::int64_t until_ns) VSL_REQUIRES(mutex_);
  /// Looks for the answer to the lock of `asked_v1_`, sleeping until it, or the deadline, comes.
  Step finish_v1(std::int64_t deadline_ns) VSL_REQUIRES(mutex_);
  Lease deliver_v1(Lease lease) VSL_REQUIRES(mutex_);
  /// Sleeps until the socket, cancel() or the deadline. Errors: interrupted.
  Result<void> sleep_on(int socket, std::int64_t deadline_ns) VSL_REQUIRES(mutex_);
  Result<void> lock_v1(std::uint32_t index, std::int64_t deadline_ns) VSL_REQUIRES(mutex_);
  Error cancelled() const;
  void count_skips(std::uint64_t serial) noexcept VSL_REQUIRES(mutex_);
  void count_refused() VSL_REQUIRES(mutex_);
  void show_counts() noexcept VSL_REQUIRES(mutex_);

  /// Guards what follows. Given up while asleep: a thread that locks or stats waits for no frame.
  mutable Mutex mutex_;
  std::shared_ptr<SessionV1> v1_ VSL_GUARDED_BY(mutex_);
  std::shared_ptr<SessionV2> v2_ VSL_GUARDED_BY(mutex_);
  // A frame whose lock was asked for. A host may answer long after the wait that asked is over.
  Lease asked_v1_ VSL_GUARDED_BY(mutex_);
  std::int64_t asked_until_ns_ VSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t cursor_ VSL_GUARDED_BY(mutex_) =
      0;  // last serial that was delivered or passed over, of this host
  std::uint64_t last_delivered_ VSL_GUARDED_BY(mutex_) = 0;
  std::int64_t missing_since_ns_ VSL_GUARDED_BY(mutex_) = 0;  // a buffer; 0 = none is
  std::uint64_t skipped_now_ VSL_GUARDED_BY(mutex_) = 0;      // for the frame being delivered
  std::uint64_t last_epoch_ VSL_GUARDED_BY(mutex_) = 0;
  std::int64_t looked_ns_ VSL_GUARDED_BY(mutex_) = 0;
  std::int64_t next_delivery_ns_ VSL_GUARDED_BY(mutex_) = 0;
  std::int64_t timer_at_ns_ VSL_GUARDED_BY(mutex_) = kNever;
  std::int64_t back_off_ns_ VSL_GUARDED_BY(mutex_) = 0;
  std::int64_t next_try_ns_ VSL_GUARDED_BY(mutex_) = 0;
  bool watch_due_ VSL_GUARDED_BY(mutex_) = false;  // watch_session() could not do all
  bool hello_due_ VSL_GUARDED_BY(mutex_) = false;  // the kernel had no memory for it
  bool ended_ VSL_GUARDED_BY(mutex_) = false;      // the host is gone and we do not reconnect
  bool out_of_leases_ VSL_GUARDED_BY(mutex_) = false;
  bool refuse_may_fault_ VSL_GUARDED_BY(mutex_) = false;  // of the host we are connected to
  bool told_of_user_ VSL_GUARDED_BY(mutex_) = false;      // that a host was not ours to have
  ClientStats stats_ VSL_GUARDED_BY(mutex_);

  ForkGuard fork_guard_;
  UniqueFd cancel_event_, epoll_, timer_;
  std::atomic<bool> cancelled_{false};
  /// Leaf: guards only which session cancel() wakes.
  Mutex cancel_mutex_;
  std::shared_ptr<SessionV2> to_wake_ VSL_GUARDED_BY(cancel_mutex_);
};

}  // namespace vsl
