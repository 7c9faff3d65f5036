// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "ipc/host_impl.hpp"

namespace vsl {

namespace v1 = wire::v1;
namespace v2 = wire::v2;

namespace {

constexpr int kMessagesPerPass = 16;
constexpr std::int64_t kMuteNs = 10'000'000;
constexpr std::int64_t kLongMuteNs = 50'000'000;  // where all of a user together say too much
constexpr std::int64_t kSocketsEveryNs = 10'000'000;

}  // namespace

void Host::Impl::sockets_if_due_locked(std::int64_t now_ns) {
  if (now_ns - last_sockets_ns_ < kSocketsEveryNs) return;
  if (options.service_thread) {
    last_sockets_ns_ = now_ns;  // the sockets are for the thread
    chores_locked(now_ns);
  } else {
    accept_locked(now_ns);
    sockets_locked(now_ns);
  }
  // Whoever sleeps on our descriptor must wake for what was put off here.
  if (use_timer_ && (any_muted_ || any_debts_ || file_suspect_)) arm_timer_locked();
}

void Host::Impl::sockets_locked(std::int64_t now_ns) {
  last_sockets_ns_ = now_ns;
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), 0);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
    const auto source = static_cast<PollSource>(tag >> 32);
    if (source == PollSource::socket_file) suspect_socket_file_locked(now_ns);
    if (source < PollSource::peer) continue;
    Peer* peer = peers_[tag & 0xffffffff].get();
    if (peer == nullptr || peer->doomed) continue;
    if (source == PollSource::peer_process) {
      doom_locked(*peer, "its process ended");
    } else {
      read_locked(*peer, now_ns);
      // A hang-up is reported again and again, also while it is not read.
      const bool gone = (events[static_cast<std::size_t>(i)].events & EPOLLHUP) != 0;
      if (gone && peer->muted_until_ns != 0) doom_locked(*peer, "it closed the connection");
    }
  }
  chores_locked(now_ns);
}

void Host::Impl::chores_locked(std::int64_t now_ns) {
  for (Peer* peer : v2_peers_) {
    if (peer->group->too_costly()) doom_locked(*peer, "its threads make waking too expensive");
  }
  end_pending_locked(now_ns);
  drop_doomed_locked();
  tend_socket_file_locked(now_ns);
  unmute_locked(now_ns);
  pay_debts_locked();
  show_clients_locked(now_ns);
  buffers_.trim(now_ns);
}

void Host::Impl::read_locked(Peer& peer, std::int64_t now_ns) {
  const uid_t uid = peer.credentials.uid;
  ipc::UidBudget& budget = is_ours(uid) ? own_messages_ : messages_;
  for (int i = 0; i < kMessagesPerPass && !peer.doomed; ++i) {
    if (!budget.take(uid, now_ns)) return mute_locked(peer, now_ns + kLongMuteNs);
    const ipc::Transfer read = read_one_locked(peer);
    if (read == ipc::Transfer::later) return;
    if (read == ipc::Transfer::closed) doom_locked(peer, "it closed the connection");
  }
  if (!peer.doomed) mute_locked(peer, now_ns + kMuteNs);
}

ipc::Transfer Host::Impl::read_one_locked(Peer& peer) {
  std::array<std::byte, v2::kMaxMessageBytes> buffer;
  std::size_t size = 0;
  if (peer.socket.is_sent_fds()) {
    ++stats_.cut_off;
    doom_locked(peer, "it sent descriptors");
    return ipc::Transfer::later;
  }
  const ipc::Transfer read = ipc::receive_bytes(peer.socket.get(), buffer, size);
  if (read == ipc::Transfer::done) handle_locked(peer, {buffer.data(), size});
  return read;
}

void Host::Impl::handle_locked(Peer& peer, std::span<const std::byte> packet) {
  const auto type = v2::type_of(packet);
  if (!type) {
    ++stats_.cut_off;
    doom_locked(peer, "it sent a message shorter than any there is");
    return;
  }
  const auto hello = *type == v2::MessageType::hello ? v2::parse_hello(packet) : std::nullopt;
  if (hello) {
    hello_locked(peer, *hello);
  } else if (peer.stage == Peer::Stage::v1) {
    handle_v1_locked(peer, *v1::parse_control(packet));  // also a HELLO of a version unknown to us
  } else {
    handle_v2_locked(peer, *type, packet);
  }
}

void Host::Impl::mute_locked(Peer& peer, std::int64_t until_ns) {
  peer.muted_until_ns = until_ns;
  epoll_event event{};
  event.data.u64 = poll_tag(PollSource::peer, peer.index);  // a hang-up is reported all the same
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, peer.socket.get(), &event);
  any_muted_ = true;
}

void Host::Impl::unmute_locked(std::int64_t now_ns) {
  if (!any_muted_) return;
  any_muted_ = false;
  for (const auto& peer : peers_) {
    if (peer == nullptr || peer->muted_until_ns == 0) continue;
    if (peer->muted_until_ns > now_ns) {
      any_muted_ = true;
      continue;
    }
    peer->muted_until_ns = 0;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = poll_tag(PollSource::peer, peer->index);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, peer->socket.get(), &event);
  }
}

void Host::Impl::pay_debts_locked() {
  if (!any_debts_) return;
  any_debts_ = false;
  for (const auto& peer : peers_) {
    if (peer == nullptr) continue;
    if (peer->stage == Peer::Stage::welcome_pending) welcome_locked(*peer);
    if (peer->buffers_due) send_buffers_locked(*peer);
  }
  drop_doomed_locked();
}

void Host::Impl::doom_locked(Peer& peer, const char* why) {
  VSL_LOG_INFO("client leaves", kv("pid", peer.credentials.pid), kv("why", why));
  peer.doomed = true;
  any_doomed_ = true;
}

void Host::Impl::drop_doomed_locked() {
  if (!any_doomed_) return;
  any_doomed_ = false;
  for (const auto& peer : peers_) {
    if (peer != nullptr && peer->doomed) disconnect_locked(*peer);
  }
}

void Host::Impl::disconnect_locked(Peer& peer) {
  release_v1_locks_locked(peer);
  forget_in_flight_locked(peer);
  leave_group_locked(peer);
  std::erase(v1_peers_, &peer);
  std::erase(v2_peers_, &peer);
  const std::array<const ipc::FrameList*, 2> lists = {&frames_.live(), &frames_.waiting()};
  for (const auto* list : lists) {
    for (PublishedFrame* frame = list->front(); frame != nullptr; frame = frame->next) {
      frame->v1_sent.reset(peer.index);  // the next client of this number was sent nothing
    }
  }
  if (peer.index < v2::kShownClients) {
    board_.clients[peer.index].pid.store(0, std::memory_order_release);  // the entry is empty
  }
  // Not by closing alone: while a child that is about to exec has copies they would stay there.
  if (peer.pidfd) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, peer.pidfd.get(), nullptr);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, peer.socket.get(), nullptr);
  peer.fork_guard.watch(-1);
  // Shut down, not only closed: a child forked without our handler may hold a copy.
  ::shutdown(peer.socket.get(), SHUT_RDWR);
  peers_[peer.index].reset();
  count_clients_locked();
}

void Host::Impl::count_clients_locked() {
  constexpr auto relaxed = std::memory_order_relaxed;  // for display
  board_.v1_clients.store(static_cast<std::uint32_t>(v1_peers_.size()), relaxed);
  board_.v2_clients.store(static_cast<std::uint32_t>(v2_peers_.size()), relaxed);
  const bool pollers =
      std::any_of(v2_peers_.begin(), v2_peers_.end(), [](const Peer* peer) { return peer->polls; });
  has_followers_.store(pollers || !v1_peers_.empty(), relaxed);
  if (options.hide_clients) return;
  for (const auto& peer : peers_) {
    if (peer == nullptr || peer->index >= v2::kShownClients) continue;
    v2::ClientEntry& shown = board_.clients[peer->index];
    shown.uid.store(peer->credentials.uid, relaxed);
    shown.since_ns.store(static_cast<std::uint64_t>(peer->since_ns), relaxed);
    shown.wire_version.store(peer->stage == Peer::Stage::v1 ? 1 : 2, relaxed);
    shown.group.store(peer->group != nullptr ? peer->group->number() : 0, relaxed);
    std::strncpy(shown.command, peer->command.c_str(), sizeof shown.command - 1);
    shown.pid.store(static_cast<std::uint32_t>(peer->credentials.pid), std::memory_order_release);
  }
}

Result<void> Host::Impl::serve_socket_locked(int socket, std::int64_t now_ns) {
  const std::string what = "service socket " + std::to_string(socket) + " of " + path;
  if (socket == listening_socket()) {
    accept_locked(now_ns);
    return Error::of(std::errc::no_message, what);
  }
  const auto found = std::find_if(peers_.begin(), peers_.end(), [&](const auto& peer) {
    return peer != nullptr && peer->socket.get() == socket;
  });
  if (found == peers_.end()) {
    return Error::of(std::errc::bad_file_descriptor, what + ", which is none of its clients'");
  }
  const std::uint64_t cut_off = stats_.cut_off;
  const ipc::Transfer read = read_one_locked(**found);
  if (read == ipc::Transfer::closed) {
    // Gone from poll at once; release 2.5 reported it as ready for ever.
    doom_locked(**found, "it closed the connection");
    return Error::of(std::errc::connection_reset, what);
  }
  if (read == ipc::Transfer::later) return Error::of(std::errc::no_message, what);
  if (stats_.cut_off != cut_off) return Error::of(std::errc::bad_message, what);
  return {};
}

Result<void> Host::Impl::service(int socket, std::int64_t lock_timeout_ns) {
  if (in_child()) return fork_error("service a client");
  if (!lock_within(lock_timeout_ns)) return lock_error("service a client");
  const AdoptedLock lock(mutex_);
  auto result = serve_socket_locked(socket, monotonic_ns());
  drop_doomed_locked();
  pay_debts_locked();
  return result;
}

}  // namespace vsl
