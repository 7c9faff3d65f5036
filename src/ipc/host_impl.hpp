// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>

#include "base/mutex.hpp"
#include "ipc/address.hpp"
#include "ipc/buffer_table.hpp"
#include "ipc/frame_table.hpp"
#include "ipc/peer.hpp"
#include "ipc/uid_budget.hpp"
#include "videostream/host.hpp"
#include "wire/v2_messages.hpp"

namespace vsl {

/// What publish needs to know beyond the frame.
struct PublishRequest {
  std::int64_t expires_ns = 0;           ///< absolute; 0 = no such time; < 0 = at the next pass
  bool keep_newest = false;              ///< as PublishOptions::keep_newest
  bool folded_stride = false;            ///< the C ABI's stride is the sum over the planes
  std::int64_t* published_ns = nullptr;  ///< filled with the time that clients see
};

struct Host::Impl final : Reclaimer, std::enable_shared_from_this<Host::Impl> {
  static Result<std::shared_ptr<Impl>> create(const std::string& path, const HostOptions& options);
  ~Impl() override;

  // --- any thread -------------------------------------------------------------------------------
  Result<std::uint64_t> publish(Frame&& frame, const PublishRequest& request,
                                std::int64_t lock_timeout_ns);
  Result<Frame> withdraw(std::uint64_t serial, std::int64_t lock_timeout_ns);
  Result<void> process(std::int64_t lock_timeout_ns);
  /// One packet of one client's socket, without hang-up handling: see vsl_host_service.
  Result<void> service(int socket, std::int64_t lock_timeout_ns);
  void reclaim(const FrameOwner* pool, bool starving) noexcept override;
  void close() noexcept;
  std::vector<int> sockets();
  HostStats stats();
  std::vector<HostClient> clients();
  /// When something is due that no socket will announce; INT64_MAX for never.
  std::int64_t next_deadline_ns();
  /// Readable when a socket or a deadline wants process(). Arms the timer from now on.
  int watch_fd();

  const std::string path;
  const HostOptions options;

 private:
  using Peer = ipc::Peer;
  using PublishedFrame = ipc::PublishedFrame;
  using EndedFrames = ipc::EndedFrames;
  using Groups = std::vector<std::shared_ptr<ipc::ChimeGroup>>;
  static constexpr std::int64_t kForever = INT64_MAX;
  static constexpr std::int64_t kRetryNs =
      10'000'000;  ///< what a full queue delayed is tried again

  enum class PollSource : std::uint32_t { listener, timer, socket_file, peer, peer_process };
  static constexpr std::uint64_t poll_tag(PollSource source, std::uint32_t index) {
    return static_cast<std::uint64_t>(source) << 32 | index;
  }

  Impl(std::string path_in, HostOptions options_in, Memfd board, ipc::Listener listener);
  Result<void> open_poll();
  bool lock_within(std::int64_t timeout_ns) VSL_ATTRIBUTE(try_acquire_capability(true, mutex_));
  Error lock_error(const char* what) const;
  Error fork_error(const char* what) const;
  bool in_child() const noexcept { return fork_guard_.in_child(); }
  /// Who may do anything to us anyway.
  static bool is_ours(uid_t uid) noexcept { return uid == 0 || uid == ::geteuid(); }

  // host_publish.cpp
  Result<PublishedFrame*> prepare_locked(Frame& frame, const PublishRequest& request,
                                         std::int64_t now_ns) VSL_REQUIRES(mutex_);
  Result<void> check_layout_locked(const Frame& frame) VSL_REQUIRES(mutex_);
  Result<void> register_buffers_locked(PublishedFrame& entry, const Frame& frame,
                                       std::int64_t now_ns) noexcept VSL_REQUIRES(mutex_);
  std::uint64_t post_locked(PublishedFrame& entry, Frame&& frame, const PublishRequest& request,
                            std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void meet_pool_locked(const std::shared_ptr<FrameOwner>& owner, std::uint32_t pool_buffers)
      VSL_REQUIRES(mutex_);
  void fetch_ahead_locked() const noexcept VSL_REQUIRES(mutex_);
  void announce(std::uint64_t serial, const Groups& groups, std::int64_t posted_ns);
  void ring_bell_locked(Peer& peer, std::uint64_t serial) VSL_REQUIRES(mutex_);

  // host_recycle.cpp
  void expire_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void retire_locked(PublishedFrame& frame, std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void scan_locked() VSL_REQUIRES(mutex_);
  void recycle_locked(std::int64_t now_ns, EndedFrames& ended) VSL_REQUIRES(mutex_);
  void starve_locked(const FrameOwner* pool, std::int64_t now_ns, EndedFrames& ended)
      VSL_REQUIRES(mutex_);
  bool overdue(const PublishedFrame& frame, std::int64_t now_ns) const noexcept;
  void take_back_locked(PublishedFrame& frame, EndedFrames& ended) VSL_REQUIRES(mutex_);
  void end_locked(PublishedFrame& frame, EndedFrames& ended) VSL_REQUIRES(mutex_);
  void let_go(EndedFrames& ended) noexcept;

  // host_shares.cpp
  static std::uint32_t readers_budget(std::uint32_t pool_buffers) noexcept;
  const std::vector<uid_t>& peers_uids_locked() VSL_REQUIRES(mutex_);
  std::uint32_t mark_held_by_locked(uid_t uid, const FrameOwner* pool) VSL_REQUIRES(mutex_);
  std::uint32_t share_of_locked(uid_t uid, std::uint32_t share, std::int64_t now_ns)
      VSL_REQUIRES(mutex_);
  void make_modest_locked(uid_t uid, std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void spare_within_share_locked(const FrameOwner* pool, std::uint32_t budget, std::int64_t now_ns)
      VSL_REQUIRES(mutex_);
  void take_excess_locked(const FrameOwner* pool, std::int64_t now_ns, EndedFrames& ended)
      VSL_REQUIRES(mutex_);
  /// Frames that end while the lock is held. Made before it is taken: they are let go after it,
  /// also when something in between fails.
  struct Farewell {
    explicit Farewell(Impl& host_in) noexcept : host(host_in) {}
    ~Farewell() {
      if (!frames.empty()) host.let_go(frames);
    }
    Farewell(const Farewell&) = delete;
    Farewell& operator=(const Farewell&) = delete;
    Impl& host;
    EndedFrames frames;
  };
  std::int64_t next_expiry_locked() const VSL_REQUIRES(mutex_);
  void arm_timer_locked() VSL_REQUIRES(mutex_);
  std::int64_t next_deadline_locked() VSL_REQUIRES(mutex_);
  void show_clients_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);

  // host_admission.cpp: looking at who comes needs no lock of the host, however many come
  /// Who was accepted and may come in, if there is room.
  struct Newcomer {
    ipc::ClientSocket socket;
    ipc::Credentials credentials;
    std::string command;
    std::optional<Error> refused;
  };
  /// Those that one pass takes. Made before the lock: who finds no room is told so after it.
  struct Newcomers {
    explicit Newcomers(Impl& host_in) noexcept : host(host_in) {}
    ~Newcomers() {
      for (auto& newcomer : all) {
        if (newcomer.refused) host.turn_away(std::move(newcomer.socket), *newcomer.refused);
      }
    }
    Newcomers(const Newcomers&) = delete;
    Newcomers& operator=(const Newcomers&) = delete;
    Impl& host;
    std::vector<Newcomer> all;
  };
  int listening_socket() VSL_EXCLUDES(door_) {
    const MutexLock lock(door_);
    return listener_.fd();
  }
  void greet(std::int64_t now_ns) VSL_EXCLUDES(door_);
  ipc::ClientSocket accept_at_door(std::int64_t now_ns) VSL_REQUIRES(door_);
  void accept_without_descriptors(std::int64_t now_ns) VSL_REQUIRES(door_);
  void watch_listener(std::uint32_t events) VSL_REQUIRES(door_);
  void look_at(ipc::ClientSocket socket, std::int64_t now_ns) VSL_REQUIRES(door_);
  bool allowed(const ipc::Credentials& peer) const noexcept;
  void turn_away(ipc::ClientSocket socket, const Error& reason) noexcept;
  void count_refused() noexcept;
  static void send_refusal(int socket, const Error& reason) noexcept;
  void accept_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void admit_newcomers_locked(Newcomers& newcomers, std::int64_t now_ns) VSL_REQUIRES(mutex_);
  Result<void> check_places_locked(const ipc::Credentials& peer) VSL_REQUIRES(mutex_);
  void admit_or_drop_locked(Newcomer& newcomer, std::int64_t now_ns) VSL_REQUIRES(mutex_);
  Result<void> admit_locked(Newcomer& newcomer, std::int64_t now_ns) VSL_REQUIRES(mutex_);

  // host_socket_file.cpp
  bool socket_file_in_place() VSL_EXCLUDES(door_) {
    const MutexLock lock(door_);
    return listener_.in_place();
  }
  Result<void> poll_socket_file() VSL_REQUIRES(door_);
  void suspect_socket_file_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void tend_socket_file_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  Result<void> put_socket_file_back_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void empty_listener_queue_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void tell_file_error_locked(const Error& error) VSL_REQUIRES(mutex_);

  // host_peers.cpp
  void sockets_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void chores_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void sockets_if_due_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void doom_locked(Peer& peer, const char* why) VSL_REQUIRES(mutex_);
  Result<void> serve_socket_locked(int socket, std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void pay_debts_locked() VSL_REQUIRES(mutex_);
  void mute_locked(Peer& peer, std::int64_t until_ns) VSL_REQUIRES(mutex_);
  void unmute_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);
  void read_locked(Peer& peer, std::int64_t now_ns) VSL_REQUIRES(mutex_);
  ipc::Transfer read_one_locked(Peer& peer) VSL_REQUIRES(mutex_);
  void handle_locked(Peer& peer, std::span<const std::byte> packet) VSL_REQUIRES(mutex_);
  void drop_doomed_locked() VSL_REQUIRES(mutex_);
  void disconnect_locked(Peer& peer) VSL_REQUIRES(mutex_);
  void count_clients_locked() VSL_REQUIRES(mutex_);

  // host_in_flight.cpp
  /// A quarter of what the kernel lets this user have under way, by RLIMIT_NOFILE.
  static std::uint32_t most_in_flight() noexcept;
  void look_what_was_read_locked(Peer& peer) VSL_REQUIRES(mutex_);
  std::uint32_t in_flight_of_locked(uid_t uid) const VSL_REQUIRES(mutex_);
  bool has_room_in_flight_locked(const Peer& peer, std::uint32_t count) const VSL_REQUIRES(mutex_);
  bool may_send_fds_locked(Peer& peer, std::uint32_t count) VSL_REQUIRES(mutex_);
  void note_sent_fds_locked(Peer& peer, std::uint32_t count) VSL_REQUIRES(mutex_);
  void forget_in_flight_locked(Peer& peer) noexcept VSL_REQUIRES(mutex_);
  void cut_off_silent_reader_locked(uid_t uid) VSL_REQUIRES(mutex_);
  void end_pending_locked(std::int64_t now_ns) VSL_REQUIRES(mutex_);

  // host_v1.cpp
  void handle_v1_locked(Peer& peer, const wire::v1::Control& control) VSL_REQUIRES(mutex_);
  wire::v1::Code lock_v1_locked(Peer& peer, std::uint64_t serial) VSL_REQUIRES(mutex_);
  wire::v1::Code unlock_v1_locked(Peer& peer, std::uint64_t serial) VSL_REQUIRES(mutex_);
  void release_v1_locks_locked(Peer& peer) VSL_REQUIRES(mutex_);
  void send_v1_locked(std::uint64_t serial) VSL_REQUIRES(mutex_);
  void disconnect_v1_holders_locked(PublishedFrame& frame) VSL_REQUIRES(mutex_);

  // host_v2.cpp
  void hello_locked(Peer& peer, const wire::v2::Hello& hello) VSL_REQUIRES(mutex_);
  Result<void> try_prepare_v2_locked(Peer& peer, const wire::v2::Hello& hello) VSL_REQUIRES(mutex_);
  Result<void> prepare_v2_locked(Peer& peer, const wire::v2::Hello& hello) VSL_REQUIRES(mutex_);
  void welcome_locked(Peer& peer) VSL_REQUIRES(mutex_);
  void handle_v2_locked(Peer& peer, wire::v2::MessageType type, std::span<const std::byte> packet)
      VSL_REQUIRES(mutex_);
  void send_buffers_locked(Peer& peer) VSL_REQUIRES(mutex_);
  void offer_buffer_locked(std::uint32_t index) VSL_REQUIRES(mutex_);
  Result<std::shared_ptr<ipc::ChimeGroup>> group_for_locked(uid_t uid) VSL_REQUIRES(mutex_);
  void leave_group_locked(Peer& peer) noexcept VSL_REQUIRES(mutex_);

  void serve(std::stop_token stop);
  /// close() in a forked child, which has this one thread.
  void abandon() noexcept VSL_ATTRIBUTE(no_thread_safety_analysis);

  /// Guards everything below. Under it only system calls that cannot block are made, and no
  /// callback runs: frames end in let_go(), without it.
  Mutex mutex_;
  ForkGuard fork_guard_;
  ForkGuard poll_guard_;
  Memfd board_memory_;
  wire::v2::Board& board_;
  UniqueFd epoll_, timer_, stop_event_;

  /// Guards the way in. Locked after mutex_, where both are; under it nothing blocks either.
  Mutex door_;
  ipc::Listener listener_ VSL_GUARDED_BY(door_);
  UniqueFd spare_ VSL_GUARDED_BY(door_);  // given up to turn a client away when fds run out
  std::vector<Newcomer> newcomers_ VSL_GUARDED_BY(door_);
  ipc::UidBudget connects_ VSL_GUARDED_BY(door_);
  std::atomic<std::int64_t> accept_again_ns_{0};  // 0: whenever somebody connects
  std::atomic<std::uint64_t> refused_{0};

  ipc::BufferTable buffers_ VSL_GUARDED_BY(mutex_);
  ipc::FrameTable frames_ VSL_GUARDED_BY(mutex_);
  std::uint64_t last_serial_ VSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t last_peer_id_ VSL_GUARDED_BY(mutex_) = 0;
  std::int64_t next_expiry_ns_ VSL_GUARDED_BY(mutex_) = kForever;
  // Of the last post, and how long after the one before; 0: there were no two.
  std::int64_t last_post_ns_ VSL_GUARDED_BY(mutex_) = 0, post_gap_ns_ VSL_GUARDED_BY(mutex_) = 0;
  // When the socket file is looked at next, if anything is done then; kForever: no more.
  std::int64_t file_due_ns_ VSL_GUARDED_BY(mutex_) = 0;
  std::int64_t file_back_ns_ VSL_GUARDED_BY(mutex_) = 0;  // when it was put back last
  bool file_suspect_ VSL_GUARDED_BY(mutex_) = false;      // then even if nothing else is done
  std::error_code file_error_ VSL_GUARDED_BY(mutex_);     // told last
  std::int64_t last_sockets_ns_ VSL_GUARDED_BY(mutex_) = 0;
  std::int64_t last_shown_ns_ VSL_GUARDED_BY(mutex_) = 0;
  std::int64_t armed_ns_ VSL_GUARDED_BY(mutex_) = kForever;
  bool use_timer_ VSL_GUARDED_BY(mutex_) = false;
  bool newest_overstays_ VSL_GUARDED_BY(mutex_) = false;  // its time is over, and it stays
  bool closed_ VSL_GUARDED_BY(mutex_) = false;
  bool any_muted_ VSL_GUARDED_BY(mutex_) = false;
  bool any_debts_ VSL_GUARDED_BY(mutex_) = false;
  bool any_doomed_ VSL_GUARDED_BY(mutex_) = false;

  std::vector<std::unique_ptr<Peer>> peers_ VSL_GUARDED_BY(mutex_);  // by index; null = free
  std::vector<Peer*> v1_peers_ VSL_GUARDED_BY(mutex_);
  std::vector<Peer*> v2_peers_ VSL_GUARDED_BY(mutex_);  // whose ledgers are scanned
  std::shared_ptr<const Groups> groups_ VSL_GUARDED_BY(mutex_);
  std::atomic<bool> has_followers_{false};  // clients that are told after the wake: v1, pollers
  std::uint32_t next_group_ VSL_GUARDED_BY(mutex_) = 1;
  Layout checked_layout_ VSL_GUARDED_BY(mutex_);
  std::array<std::uint64_t, kMaxPlanes> checked_sizes_ VSL_GUARDED_BY(mutex_){};
  std::vector<std::weak_ptr<FrameOwner>> pools_ VSL_GUARDED_BY(mutex_);
  std::uint32_t smallest_pool_ VSL_GUARDED_BY(mutex_) = 0;  // 0 = none seen
  /// A uid from which a frame was just taken back at once: it may hold one for a while.
  struct Modest {
    uid_t uid = 0;
    std::int64_t until_ns = 0;
  };
  std::array<Modest, 64> modest_ VSL_GUARDED_BY(mutex_){};
  std::vector<uid_t> uids_ VSL_GUARDED_BY(mutex_);  // scratch, of those that are connected
  const std::uint32_t most_in_flight_ = most_in_flight();
  std::uint32_t fds_in_flight_ VSL_GUARDED_BY(mutex_) = 0;  // of all peers: their unread_fds
  ipc::UidBudget messages_ VSL_GUARDED_BY(mutex_), own_messages_ VSL_GUARDED_BY(mutex_);
  HostStats stats_ VSL_GUARDED_BY(mutex_);
  std::jthread service_;  // last: it uses all the above
};

}  // namespace vsl
