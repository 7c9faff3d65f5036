// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/host_impl.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstring>

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "wire/v2_protocol.hpp"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

namespace vsl {

using ipc::Listener;

namespace {

// Of one other uid. Who connects more often than that is turned away at the door.
constexpr std::int64_t kConnectsPerSecond = 64, kConnectsAtOnce = 128;
// Of one other uid, over all its connections; of ours ten times as many. A client of version 1
// sends two for each frame, one of version 2 mostly none.
constexpr std::int64_t kMessagesPerSecond = 20'000;

Result<HostOptions> checked(HostOptions options) {
  if (options.max_clients == 0 || options.max_clients > ipc::kMaxClients) {
    return Error::of(std::errc::invalid_argument, "host option max_clients (1 … 1024)");
  }
  if (options.max_leases == 0 || options.max_leases >= wire::v2::kMaxLeaseWords) {
    return Error::of(std::errc::invalid_argument, "host option max_leases (1 … 63)");
  }
  return options;
}

/// Allocates the pages of the board that every host needs: header, ring, tables, the first slots.
Result<void> commit_front(const Memfd& board) {
  constexpr off_t kFront = offsetof(wire::v2::Board, slots) + 64 * sizeof(wire::v2::Slot);
  if (::fallocate(board.fd.get(), 0, 0, kFront) != 0) {
    return Error::last("allocate the board's memory");
  }
  // Where the kernel cannot (before 5.14) the first frames fault them in.
  ::madvise(board.mapping.data(), kFront, MADV_POPULATE_WRITE);
  return {};
}

}  // namespace

Result<std::shared_ptr<Host::Impl>> Host::Impl::create(const std::string& path,
                                                       const HostOptions& wanted) {
  VSL_TRY(const HostOptions options, checked(wanted));
  std::uint64_t epoch = 0;
  while (epoch == 0) {
    if (::getrandom(&epoch, sizeof epoch, 0) != sizeof epoch) return Error::last("getrandom");
  }
  // Slots are many and few are used: only the front of the board is allocated now.
  VSL_TRY(Memfd board,
          create_memfd("vsl:board", sizeof(wire::v2::Board), {.commit = false, .dont_fork = true}));
  VSL_CHECK(commit_front(board));
  wire::v2::init_board(*board.mapping.as<wire::v2::Board>(), epoch,
                       static_cast<std::uint32_t>(options.access), path, monotonic_ns());
  VSL_TRY(Listener listener,
          Listener::open(path, {options.socket_mode, options.socket_owner, options.socket_group}));
  std::shared_ptr<Impl> impl(new Impl(path, options, std::move(board), std::move(listener)));
  VSL_CHECK(impl->open_poll());
  if (options.service_thread) {
    impl->watch_fd();
    impl->service_ = std::jthread([raw = impl.get()](std::stop_token stop) { raw->serve(stop); });
  }
  return impl;
}

Host::Impl::Impl(std::string path_in, HostOptions options_in, Memfd board, Listener listener)
    : path(std::move(path_in)),
      options(std::move(options_in)),
      board_memory_(std::move(board)),
      board_(*board_memory_.mapping.as<wire::v2::Board>()),
      listener_(std::move(listener)),
      connects_(kConnectsPerSecond, kConnectsAtOnce),
      buffers_(board_, options.access),
      peers_(options.max_clients),
      groups_(std::make_shared<const Groups>()),
      messages_(kMessagesPerSecond, kMessagesPerSecond / 10),
      own_messages_(10 * kMessagesPerSecond, kMessagesPerSecond) {
  // Clients come and go without a need for memory here.
  v1_peers_.reserve(options.max_clients);
  v2_peers_.reserve(options.max_clients);
  uids_.reserve(options.max_clients);
  fork_guard_.watch(listener_.fd());
}

Result<void> Host::Impl::open_poll() {
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  timer_ = UniqueFd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  stop_event_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const MutexLock lock(mutex_);
  const MutexLock door(door_);
  spare_ = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!epoll_ || !timer_ || !stop_event_) return Error::last("prepare to poll " + path);
  poll_guard_.watch(epoll_.get());
  for (const auto& [fd, source] : {std::pair{listener_.fd(), PollSource::listener},
                                   std::pair{timer_.get(), PollSource::timer}}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = poll_tag(source, 0);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      return Error::last("prepare to poll " + path);
    }
  }
  return poll_socket_file();
}

Host::Impl::~Impl() { close(); }

bool Host::Impl::lock_within(std::int64_t timeout_ns) {
  if (timeout_ns < 0) {
    mutex_.lock();
    return true;
  }
  return mutex_.try_lock_for(std::chrono::nanoseconds(timeout_ns));
}

Error Host::Impl::lock_error(const char* what) const {
  return Error::of(std::errc::timed_out,
                   std::string(what) + " on " + path + ": another thread is busy with this host");
}

Error Host::Impl::fork_error(const char* what) const {
  return Error::of(std::errc::operation_not_permitted,
                   std::string(what) + " on " + path +
                       " in a forked child: the host belongs to the process that made it");
}

Result<void> Host::Impl::process(std::int64_t lock_timeout_ns) {
  if (in_child()) return fork_error("process");
  Farewell farewell(*this);
  Newcomers newcomers(*this);
  greet(monotonic_ns());
  if (!lock_within(lock_timeout_ns)) return lock_error("process");
  const AdoptedLock lock(mutex_);
  std::uint64_t ticks = 0;
  if (use_timer_) (void)!::read(timer_.get(), &ticks, sizeof ticks);
  // After the timer: a deadline that passed in between would be neither seen nor told again.
  const std::int64_t now_ns = monotonic_ns();
  admit_newcomers_locked(newcomers, now_ns);
  sockets_locked(now_ns);
  expire_locked(now_ns);
  recycle_locked(now_ns, farewell.frames);
  if (use_timer_) arm_timer_locked();
  return {};
}

int Host::Impl::watch_fd() {
  const MutexLock lock(mutex_);
  use_timer_ = true;
  arm_timer_locked();
  return epoll_.get();
}

void Host::Impl::serve(std::stop_token stop) {
  while (!stop.stop_requested()) {
    pollfd fds[2] = {{epoll_.get(), POLLIN, 0}, {stop_event_.get(), POLLIN, 0}};
    ::poll(fds, 2, -1);
    // Nobody is there to hear of an error; what it kept from being done is done next time.
    if (!stop.stop_requested()) {
      // However much there is to do here, a producer is not to wait for all of it.
      mutex_.let_others_first();
      (void)guarded("serve clients", [&] { return process(-1); }).has_value();
    }
  }
}

void Host::Impl::close() noexcept {
  if (service_.joinable() && !in_child()) {
    service_.request_stop();
    const std::uint64_t one = 1;
    (void)!::write(stop_event_.get(), &one, sizeof one);
    service_.join();
  } else if (service_.joinable()) {
    service_.detach();  // the thread is the parent's
  }
  if (in_child()) return abandon();
  EndedFrames ended;
  std::shared_ptr<const Groups> groups;
  {
    const MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    fork_guard_.watch(-1);                               // the number is another file's soon
    board_.closing.store(1, std::memory_order_seq_cst);  // before the chimes
    groups = groups_;
    for (const auto& group : *groups) group->ring(static_cast<std::uint32_t>(~last_serial_));
    while (PublishedFrame* frame = frames_.live().front()) end_locked(*frame, ended);
    while (PublishedFrame* frame = frames_.waiting().front()) end_locked(*frame, ended);
    const MutexLock door(door_);
    listener_.close();
    newcomers_.clear();
    for (const auto& peer : peers_) {
      if (peer != nullptr) disconnect_locked(*peer);
    }
  }
  for (const auto& group : *groups) group->wake_all();
  let_go(ended);
}

void Host::Impl::abandon() noexcept {
  // The board is not mapped here and the file is the parent's: forget, touch nothing. Nor the lock,
  // which another thread of the parent may have held.
  listener_.abandon();
}

std::vector<int> Host::Impl::sockets() {
  const MutexLock lock(mutex_);
  const MutexLock door(door_);
  std::vector<int> sockets{listener_.fd()};
  for (const auto& peer : peers_) {
    if (peer != nullptr) sockets.push_back(peer->socket.get());
  }
  return sockets;
}

HostStats Host::Impl::stats() {
  const MutexLock lock(mutex_);
  HostStats stats = stats_;
  stats.refused = refused_.load(std::memory_order_relaxed);
  stats.live = frames_.live().size() + frames_.waiting().size();
  stats.buffers = buffers_.size();
  stats.v1_clients = static_cast<std::uint32_t>(v1_peers_.size());
  stats.v2_clients = static_cast<std::uint32_t>(v2_peers_.size());
  return stats;
}

std::vector<HostClient> Host::Impl::clients() {
  constexpr std::int64_t kHelloTimeNs = 100'000'000;  // it is sent with the connection
  const std::int64_t now_ns = monotonic_ns();
  std::vector<HostClient> clients;
  const MutexLock lock(mutex_);
  for (const auto& peer : peers_) {
    if (peer == nullptr || peer->doomed) continue;
    HostClient client{.id = peer->id,
                      .pid = peer->credentials.pid,
                      .uid = peer->credentials.uid,
                      .command = peer->command,
                      .wire_version = peer->stage == Peer::Stage::v2 ? 2U : 1U,
                      .since_ns = peer->since_ns,
                      .ready = peer->ready};
    if (peer->stage == Peer::Stage::v1) client.ready = now_ns - peer->since_ns > kHelloTimeNs;
    if (peer->ledger != nullptr) {
      constexpr auto kRelaxed = std::memory_order_relaxed;  // for display; its client's words
      client.name.assign(peer->ledger->name,
                         strnlen(peer->ledger->name, sizeof peer->ledger->name));
      client.delivered = peer->ledger->delivered.load(kRelaxed);
      client.skipped = peer->ledger->skipped.load(kRelaxed);
    }
    clients.push_back(std::move(client));
  }
  return clients;
}

}  // namespace vsl
