// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include "base/log.hpp"
#include "ipc/host_impl.hpp"

/// Who may become a client, and what those are told who may not.
namespace vsl {

namespace v2 = wire::v2;

namespace {

// Whoever comes is looked at; few are let in, which is done under the lock.
constexpr int kLooksPerPass = 64;
constexpr std::size_t kAdmittedPerPass = 8;
constexpr std::int64_t kAcceptPauseNs = 100'000'000;
// Bounds what waits for a client that does not read: 4096 is 11 frame events.
constexpr int kV1SendBuffer = 4096;

/// Empty when it cannot be had: it is for people, and the kernel keeps it short.
std::string command_of(pid_t pid) {
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/%d/comm", static_cast<int>(pid));
  const UniqueFd file(::open(path.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 16> name{};
  const ssize_t size = file ? ::read(file.get(), name.data(), name.size()) : 0;
  const std::string_view read(name.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return std::string(read.substr(0, read.find('\n')));
}

}  // namespace

ipc::ClientSocket Host::Impl::accept_at_door(std::int64_t now_ns) {
  UniqueFd socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket && (errno == EMFILE || errno == ENFILE)) accept_without_descriptors(now_ns);
  return {std::move(socket), listener_.refuses_fds()};
}

void Host::Impl::accept_without_descriptors(std::int64_t now_ns) {
  // Left in the queue it would keep the listener readable for ever.
  spare_.reset();
  UniqueFd socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const bool stuck = !socket && errno != EAGAIN;
  if (socket) {
    turn_away({std::move(socket), listener_.refuses_fds()},
              Error::from_errno(EMFILE, "accept a client"));
  }
  spare_ = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!stuck) return;
  // Another thread took the number. We would be called for this client without end.
  accept_again_ns_.store(now_ns + kAcceptPauseNs, std::memory_order_relaxed);
  watch_listener(0);
}

void Host::Impl::watch_listener(std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = poll_tag(PollSource::listener, 0);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener_.fd(), &event);
}

void Host::Impl::greet(std::int64_t now_ns) {
  const MutexLock lock(door_);
  const std::int64_t again_ns = accept_again_ns_.load(std::memory_order_relaxed);
  if (again_ns > now_ns) return;
  if (again_ns != 0) {
    accept_again_ns_.store(0, std::memory_order_relaxed);
    watch_listener(EPOLLIN);
  }
  for (int i = 0; i < kLooksPerPass && newcomers_.size() < kAdmittedPerPass; ++i) {
    ipc::ClientSocket socket = accept_at_door(now_ns);
    if (!socket) return;
    try {
      look_at(std::move(socket), now_ns);
    } catch (const std::bad_alloc&) {
      count_refused();  // the newcomer sees the end of its connection, the others nothing
    }
  }
}

void Host::Impl::look_at(ipc::ClientSocket socket, std::int64_t now_ns) {
  const auto credentials = ipc::peer_credentials(socket.get());
  if (!credentials) return;  // gone already
  if (!allowed(*credentials)) {
    turn_away(std::move(socket),
              Error::of(std::errc::operation_not_permitted,
                        "admit uid " + std::to_string(credentials->uid) + " to " + path));
  } else if (!is_ours(credentials->uid) && !connects_.take(credentials->uid, now_ns)) {
    turn_away(std::move(socket),
              Error::of(std::errc::connection_refused,
                        "admit one more client to " + path + ", of uid " +
                            std::to_string(credentials->uid) + ", which connects all the time"));
  } else {
    newcomers_.push_back(
        {std::move(socket), *credentials, command_of(credentials->pid), std::nullopt});
  }
}

void Host::Impl::admit_newcomers_locked(Newcomers& newcomers, std::int64_t now_ns) {
  {
    const MutexLock lock(door_);
    newcomers.all.swap(newcomers_);
  }
  for (auto& newcomer : newcomers.all) admit_or_drop_locked(newcomer, now_ns);
}

void Host::Impl::accept_locked(std::int64_t now_ns) {
  Newcomers newcomers(*this);
  greet(now_ns);
  admit_newcomers_locked(newcomers, now_ns);
}

bool Host::Impl::allowed(const ipc::Credentials& peer) const noexcept {
  const auto& uids = options.allowed_uids;
  const auto& gids = options.allowed_gids;
  if (uids.empty() && gids.empty()) {
    const bool abstract = path[0] != '/';
    return !abstract || peer.uid == ::geteuid() || peer.uid == 0;
  }
  return std::find(uids.begin(), uids.end(), peer.uid) != uids.end() ||
         std::find(gids.begin(), gids.end(), peer.gid) != gids.end();
}

Result<void> Host::Impl::check_places_locked(const ipc::Credentials& peer) {
  std::uint32_t all = 0, others = 0, same_uid = 0;
  for (const auto& known : peers_) {
    if (known == nullptr) continue;
    ++all;
    if (!is_ours(known->credentials.uid)) ++others;
    if (known->credentials.uid == peer.uid) ++same_uid;
  }
  const std::uint32_t most = options.max_clients;
  const bool ours = is_ours(peer.uid);
  const std::uint32_t reserved = most > 1 ? std::max(most / 8, 1U) : 0;
  const std::uint32_t of_a_uid = options.max_clients_per_uid != 0 ? options.max_clients_per_uid
                                 : ours                           ? most
                                                                  : std::max(most / 4, 1U);
  if (all >= most || (!ours && others >= most - reserved) || same_uid >= of_a_uid) {
    return Error::of(std::errc::connection_refused,
                     "admit one more client to " + path + ", which has " + std::to_string(all));
  }
  return {};
}

void Host::Impl::admit_or_drop_locked(Newcomer& newcomer, std::int64_t now_ns) {
  try {
    auto admitted = check_places_locked(newcomer.credentials);
    if (admitted) admitted = admit_locked(newcomer, now_ns);
    if (!admitted) newcomer.refused = std::move(admitted).error();
  } catch (const std::bad_alloc&) {
    newcomer.socket.close();
    count_refused();
  }
}

Result<void> Host::Impl::admit_locked(Newcomer& newcomer, std::int64_t now_ns) {
  const int socket = newcomer.socket.get();
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kV1SendBuffer, sizeof kV1SendBuffer);
  const auto place = std::find(peers_.begin(), peers_.end(), nullptr);
  auto peer = std::make_unique<Peer>();
  peer->index = static_cast<std::uint32_t>(place - peers_.begin());
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = poll_tag(PollSource::peer, peer->index);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) != 0) {
    return Error::last("watch a client");
  }
  peer->id = ++last_peer_id_;
  peer->socket = std::move(newcomer.socket);
  peer->fork_guard.watch(socket);
  peer->credentials = newcomer.credentials;
  peer->command = std::move(newcomer.command);
  peer->since_ns = now_ns;
  Peer& admitted = *peer;
  *place = std::move(peer);
  v1_peers_.push_back(&admitted);
  ++stats_.admitted;
  count_clients_locked();
  // Its HELLO may wait already: then it never sees a byte of v1.
  read_locked(admitted, now_ns);
  return {};
}

void Host::Impl::count_refused() noexcept {
  const std::uint64_t refused = refused_.fetch_add(1, std::memory_order_relaxed) + 1;
  board_.refused.store(refused, std::memory_order_relaxed);  // shown by `top`
}

void Host::Impl::turn_away(ipc::ClientSocket socket, const Error& reason) noexcept {
  count_refused();
  VSL_LOG_INFO("client turned away", kv("reason", reason));
  // Only to who said HELLO; a v1 client knows nothing but the end of the connection.
  std::array<std::byte, v2::kMaxMessageBytes> buffer;
  std::size_t size = 0;
  if (!socket.is_sent_fds() &&
      ipc::receive_bytes(socket.get(), buffer, size) == ipc::Transfer::done &&
      v2::parse_hello({buffer.data(), size})) {
    send_refusal(socket.get(), reason);
  }
}

void Host::Impl::send_refusal(int socket, const Error& reason) noexcept {
  const int errnum = reason.to_errno();
  constexpr std::uint32_t kComeBackMs = 1000;
  const v2::Refused refused{static_cast<std::uint32_t>(v2::MessageType::refused), sizeof refused,
                            static_cast<std::uint32_t>(errnum), errnum == EPERM ? 0 : kComeBackMs};
  (void)ipc::send_packet(socket, v2::bytes_of(refused));  // who cannot be told sees the hang-up
}

}  // namespace vsl
