// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/resource.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "ipc/host_impl.hpp"

/// Descriptors that were sent and not read yet. The kernel counts them per user, over all programs
/// of that user: clients that do not read must not use them up. docs/decisions/0007
namespace vsl {

namespace {
constexpr std::uint32_t kUnreadOfAClient = 16;
constexpr std::int64_t kPatienceNs = 1'000'000'000;

}  // namespace

std::uint32_t Host::Impl::most_in_flight() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  return static_cast<std::uint32_t>(std::clamp<rlim_t>(limit.rlim_cur / 4, 32, 65536));
}

void Host::Impl::look_what_was_read_locked(Peer& peer) {
  if (peer.unread_fds == 0 || ipc::unread_bytes(peer.socket.get()) != 0) return;
  fds_in_flight_ -= peer.unread_fds;
  peer.unread_fds = 0;
}

std::uint32_t Host::Impl::in_flight_of_locked(uid_t uid) const {
  std::uint32_t count = 0;
  for (const auto& peer : peers_) {
    if (peer != nullptr && peer->credentials.uid == uid) count += peer->unread_fds;
  }
  return count;
}

bool Host::Impl::has_room_in_flight_locked(const Peer& peer, std::uint32_t count) const {
  const std::uint32_t most = most_in_flight_, most_of_others = most_in_flight_ / 4;
  if (fds_in_flight_ + count <= most_of_others) return true;
  if (fds_in_flight_ + count > most) return false;
  const uid_t uid = peer.credentials.uid;
  return is_ours(uid) || in_flight_of_locked(uid) + count <= most_of_others;
}

bool Host::Impl::may_send_fds_locked(Peer& peer, std::uint32_t count) {
  look_what_was_read_locked(peer);
  if (peer.unread_fds + count > kUnreadOfAClient) return false;
  if (has_room_in_flight_locked(peer, count)) return true;
  for (const auto& other : peers_) {
    if (other != nullptr) look_what_was_read_locked(*other);
  }
  if (has_room_in_flight_locked(peer, count)) return true;
  cut_off_silent_reader_locked(peer.credentials.uid);
  return false;
}

void Host::Impl::note_sent_fds_locked(Peer& peer, std::uint32_t count) {
  if (peer.unread_fds == 0) peer.unread_since_ns = monotonic_ns();
  peer.unread_fds += count;
  fds_in_flight_ += count;
  stats_.fds_sent += count;
}

void Host::Impl::forget_in_flight_locked(Peer& peer) noexcept {
  fds_in_flight_ -= std::exchange(peer.unread_fds, 0);
}

/// Somebody waits for what others do not read: of those whose places it could have, who has read
/// nothing for longest goes.
void Host::Impl::cut_off_silent_reader_locked(uid_t uid) {
  const bool all = fds_in_flight_ > most_in_flight_ / 2;
  const std::int64_t now_ns = monotonic_ns();
  Peer* silent = nullptr;
  for (const auto& peer : peers_) {
    if (peer == nullptr || peer->doomed || peer->unread_fds == 0) continue;
    if (!all && peer->credentials.uid != uid) continue;
    if (now_ns - peer->unread_since_ns <= kPatienceNs) continue;
    if (silent == nullptr || peer->unread_since_ns < silent->unread_since_ns) silent = peer.get();
  }
  if (silent == nullptr) return;
  ++stats_.cut_off;
  doom_locked(*silent, "it keeps descriptors unread that others wait for");
}

void Host::Impl::end_pending_locked(std::int64_t now_ns) {
  for (Peer* peer : v2_peers_) {
    if (peer->doomed || peer->stage != Peer::Stage::welcome_pending) continue;
    if (now_ns - peer->hello_ns <= kPatienceNs) continue;
    // Others do not read, or other programs of this user have used up what the kernel counts.
    send_refusal(peer->socket.get(),
                 Error::from_errno(ETOOMANYREFS, "pass descriptors to a client"));
    count_refused();
    doom_locked(*peer, "no descriptors could be passed to it");
  }
}

}  // namespace vsl
