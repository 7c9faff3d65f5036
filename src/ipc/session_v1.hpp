// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "base/fixed_queue.hpp"
#include "base/mutex.hpp"
#include "ipc/session.hpp"
#include "ipc/socket.hpp"
#include "wire/v1.hpp"

namespace vsl::ipc {

/// A connection before the host has answered HELLO, and to a host that only knows wire v1. Frames
/// arrive as events with an fd each; a lease is a lock at the host. docs/spec/wire-v1.md#sequences
class SessionV1 final : public Lease::Session {
 public:
  /// `refuse_may_fault`: frames in memory that others can truncate are passed over.
  SessionV1(UniqueFd socket, const ClientOptions& options, bool refuse_may_fault);

  enum class Received { nothing, something, welcome, refused, closed };
  /// Reads one packet. With `welcome` and `refused` it is left in packet().
  Received receive();
  Packet& packet() noexcept { return packet_; }

  /// HELLO was answered the v1 way, or frames came and the answer did not for long enough.
  bool is_v1() const noexcept { return hello_answered_ || monotonic_patience_over(); }
  std::int64_t patience_until_ns() const noexcept { return patience_until_ns_; }
  bool has_frames() const noexcept { return !events_.empty(); }

  enum class Outcome { taken, none, no_record, gone, refused };
  /// Turns a queued event into a record, not locked yet. `newest`: drops the older ones. Counts
  /// what is passed over in `skipped`.
  Outcome take(bool newest, std::uint32_t& index, std::uint64_t& passed_over);
  /// Asks the host for the lock of a record's frame; lock_state() tells the answer once it is here.
  /// Only with `done` the host was asked.
  Transfer ask_lock(std::uint32_t index);
  enum class Lock { asked, granted, expired, too_many };
  Lock lock_state(std::uint32_t index);
  /// Nobody waits for the answer any more; a lock that is granted then is given back.
  void forget_lock(std::uint32_t index);
  /// Ends the connection: an answer that did not come leaves it open which request the next one
  /// answers. What is held is not ours any more.
  void give_up() noexcept;
  UniqueFd take_socket();

  bool stands(const Record& record) const noexcept override;
  bool details(const Record& record, wire::v2::Details& details) const noexcept override;

  std::uint64_t fds_received = 0;

 private:
  struct Event {
    wire::v1::Event event{};
    ReceivedFd fd;
  };
  struct Request {
    wire::v1::Request kind{};
    std::uint64_t serial = 0;
    std::int32_t record = -1;  // -1: nobody waits
  };
  // What overtakes the host's answers to this degree has no host.
  static constexpr std::size_t kMostRequests = 256;
  static constexpr std::size_t kMostEvents = 128;

  bool monotonic_patience_over() const noexcept;
  void accept_event(const wire::v1::Event& event);
  void accept_reply(wire::v1::Code code);
  Transfer send_locked(wire::v1::Request kind, std::uint64_t serial, std::int32_t record) noexcept
      VSL_REQUIRES(mutex_);
  void send_unlock_locked(std::uint64_t serial) noexcept VSL_REQUIRES(mutex_);
  Outcome fill_record(Record& record, Event event);
  CachedBuffer* cache(Event event);
  void release(std::uint32_t index) noexcept override;

  const Access access_;
  const bool refuse_may_fault_;
  Packet packet_;
  FixedQueue<Event, kMostEvents> events_;
  bool hello_answered_ = false;
  std::int64_t patience_until_ns_ = 0;  // 0 = no frame has come yet

  /// Leaf: nothing is locked under it, and only a send that cannot block is made. Leases may be
  /// released by any thread, and replies belong to requests by their order alone.
  Mutex mutex_;
  FixedQueue<Request, kMostRequests> requests_ VSL_GUARDED_BY(mutex_);
  FixedQueue<std::uint64_t, kMostRequests> unsent_unlocks_ VSL_GUARDED_BY(mutex_);
  std::array<Lock, wire::v2::kMaxLeaseWords> locks_ VSL_GUARDED_BY(mutex_){};
  std::atomic<bool> closed_{false};
};

}  // namespace vsl::ipc
