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

constexpr int kAcceptsPerPass = 8;
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

ipc::ClientSocket Host::Impl::accept_one_locked() {
  UniqueFd socket(::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  return {std::move(socket), listener_.refuses_fds()};
}

void Host::Impl::accept_locked(std::int64_t now_ns) {
  for (int i = 0; i < kAcceptsPerPass; ++i) {
    ipc::ClientSocket socket = accept_one_locked();
    if (socket) {
      admit_or_drop_locked(std::move(socket), now_ns);
    } else if (errno == EMFILE || errno == ENFILE) {
      // Left in the queue it would keep the listener readable for ever.
      spare_.reset();
      socket = accept_one_locked();
      if (socket) turn_away_locked(std::move(socket), Error::from_errno(EMFILE, "accept a client"));
      const bool stuck = !socket && errno != EAGAIN;
      spare_ = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!stuck) return;
      // Another thread took the number. We would be called for this client without end.
      accept_again_ns_ = now_ns + kAcceptPauseNs;
      watch_listener_locked(0);
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return;
    }
  }
}

void Host::Impl::watch_listener_locked(std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = poll_tag(PollSource::listener, 0);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener_.fd(), &event);
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

Result<void> Host::Impl::check_admission_locked(const ipc::Credentials& peer) {
  if (!allowed(peer)) {
    return Error::of(std::errc::operation_not_permitted,
                     "admit uid " + std::to_string(peer.uid) + " to " + path);
  }
  std::uint32_t all = 0, same_uid = 0;
  for (const auto& other : peers_) {
    if (other == nullptr) continue;
    ++all;
    if (other->credentials.uid == peer.uid) ++same_uid;
  }
  if (all >= options.max_clients || same_uid >= options.max_clients_per_uid) {
    return Error::of(std::errc::connection_refused,
                     "admit one more client to " + path + ", which has " + std::to_string(all));
  }
  return {};
}

void Host::Impl::admit_or_drop_locked(ipc::ClientSocket socket, std::int64_t now_ns) {
  try {
    admit_locked(std::move(socket), now_ns);
  } catch (const std::bad_alloc&) {
    ++stats_.refused;  // the newcomer sees the end of its connection, the others nothing
    board_.refused.store(stats_.refused, std::memory_order_relaxed);  // shown by `top`
  }
}

void Host::Impl::admit_locked(ipc::ClientSocket socket, std::int64_t now_ns) {
  const auto credentials = ipc::peer_credentials(socket.get());
  if (!credentials) return;  // gone already
  if (const auto admission = check_admission_locked(*credentials); !admission) {
    turn_away_locked(std::move(socket), admission.error());
    return;
  }
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &kV1SendBuffer, sizeof kV1SendBuffer);
  const auto place = std::find(peers_.begin(), peers_.end(), nullptr);
  auto peer = std::make_unique<Peer>();
  peer->index = static_cast<std::uint32_t>(place - peers_.begin());
  peer->id = ++last_peer_id_;
  peer->socket = std::move(socket);
  peer->fork_guard.watch(peer->socket.get());
  peer->credentials = *credentials;
  peer->command = command_of(credentials->pid);
  peer->since_ns = now_ns;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = poll_tag(PollSource::peer, peer->index);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, peer->socket.get(), &event) != 0) {
    const Error reason = Error::last("watch a client");
    peer->fork_guard.watch(-1);
    turn_away_locked(std::move(peer->socket), reason);
    return;
  }
  Peer& admitted = *peer;
  *place = std::move(peer);
  v1_peers_.push_back(&admitted);
  ++stats_.admitted;
  count_clients_locked();
  // Its HELLO may wait already: then it never sees a byte of v1.
  read_locked(admitted, now_ns);
}

void Host::Impl::turn_away_locked(ipc::ClientSocket socket, const Error& reason) {
  ++stats_.refused;
  board_.refused.store(stats_.refused, std::memory_order_relaxed);  // shown by `top`
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
