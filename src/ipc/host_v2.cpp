// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "base/log.hpp"
#include "ipc/host_impl.hpp"
#include "wire/v2_protocol.hpp"

namespace vsl {

namespace v2 = wire::v2;

namespace {
constexpr int kV2SendBuffer = 16384;
}  // namespace

void Host::Impl::hello_locked(Peer& peer, const v2::Hello& hello) {
  if (peer.stage != Peer::Stage::v1) {
    ++stats_.cut_off;
    doom_locked(peer, "it said hello twice");
    return;
  }
  release_v1_locks_locked(peer);
  if (const auto prepared = try_prepare_v2_locked(peer, hello); !prepared) {
    VSL_LOG_WARN("a client could not be served", kv("error", prepared.error()));
    send_refusal(peer.socket.get(), prepared.error());
    doom_locked(peer, "there was no memory for it");
    return;
  }
  ::setsockopt(peer.socket.get(), SOL_SOCKET, SO_SNDBUF, &kV2SendBuffer, sizeof kV2SendBuffer);
  std::erase(v1_peers_, &peer);
  v2_peers_.push_back(&peer);  // its ledger is scanned before it can lease anything
  peer.stage = Peer::Stage::welcome_pending;
  peer.hello_ns = monotonic_ns();
  welcome_locked(peer);
  count_clients_locked();
}

Result<void> Host::Impl::try_prepare_v2_locked(Peer& peer, const v2::Hello& hello) {
  try {
    return prepare_v2_locked(peer, hello);
  } catch (const std::bad_alloc&) {
    return out_of_memory("serve a client");
  }
}

Result<void> Host::Impl::prepare_v2_locked(Peer& peer, const v2::Hello& hello) {
  VSL_TRY(peer.group, group_for_locked(peer.credentials.uid));
  peer.group->add_client();
  const std::string name = "vsl:ledger:" + std::to_string(peer.credentials.pid);
  VSL_TRY(peer.ledger_memory,
          create_memfd(name, sizeof(v2::Ledger),
                       {.peers = PeerAccess::read_write, .commit = true, .dont_fork = true}));
  const std::uint32_t wanted = hello.lease_words != 0 ? hello.lease_words : options.max_leases + 1;
  // One more than it may hold: the frame that was just waited for.
  std::uint32_t words = std::min(wanted, options.max_leases + 1);
  words = std::min(words, readers_budget(smallest_pool_));
  peer.lease_words = std::clamp(words, 1U, v2::kMaxLeaseWords);
  auto* ledger = peer.ledger_memory.mapping.as<v2::Ledger>();
  v2::init_ledger(*ledger, board_.epoch, peer.lease_words, peer.index);
  std::memcpy(ledger->name, hello.name, sizeof ledger->name);
  peer.ledger = ledger;
  peer.pidfd = ipc::peer_pidfd(peer.socket.get(), peer.credentials.pid);
  if (!peer.pidfd) return {};
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = poll_tag(PollSource::peer_process, peer.index);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, peer.pidfd.get(), &event) != 0) {
    peer.pidfd.reset();  // its hang-up alone will tell
  }
  return {};
}

void Host::Impl::welcome_locked(Peer& peer) {
  v2::Welcome welcome{};
  welcome.type = static_cast<std::uint32_t>(v2::MessageType::hello);
  welcome.bytes = sizeof welcome;
  welcome.version = v2::kVersion;
  welcome.epoch = board_.epoch;
  welcome.board_bytes = sizeof(v2::Board);
  welcome.lease_words = peer.lease_words;
  using std::chrono::milliseconds;
  const auto hold_ms = std::chrono::duration_cast<milliseconds>(options.hold_limit).count();
  welcome.hold_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(hold_ms, 0, UINT32_MAX));
  welcome.access = static_cast<std::uint32_t>(options.access);
  welcome.group = peer.group->number();
  welcome.newest = last_serial_;
  // Memory, all of it: on a file that two sides share each could make the other's writes block.
  const std::array<int, 3> fds = {board_memory_.fd.get(), peer.group->fd(),
                                  peer.ledger_memory.fd.get()};
  ipc::Transfer sent = ipc::Transfer::later;
  if (may_send_fds_locked(peer, fds.size())) {
    sent = ipc::send_packet(peer.socket.get(), v2::bytes_of(welcome), fds);
  }
  switch (sent) {
    case ipc::Transfer::done:
      peer.stage = Peer::Stage::v2;
      note_sent_fds_locked(peer, fds.size());
      break;
    case ipc::Transfer::later:
      any_debts_ = true;
      break;
    case ipc::Transfer::closed:
      doom_locked(peer, "it closed the connection");
      break;
  }
}

void Host::Impl::handle_v2_locked(Peer& peer, v2::MessageType type,
                                  std::span<const std::byte> packet) {
  const auto message = v2::parse<v2::Short>(packet);
  switch (type) {
    case v2::MessageType::ready:
      peer.ready = true;
      send_buffers_locked(peer);
      break;
    case v2::MessageType::want:
      // It says it has not got this one. Unless that is still on its way, we believe it.
      peer.ready = true;  // READY may have been lost, this one is sent again and again
      if (buffers_.find(message->value) != nullptr && ipc::unread_bytes(peer.socket.get()) == 0) {
        peer.has_buffer.reset(message->value % v2::kBufferCount);
        send_buffers_locked(peer);
      }
      break;
    case v2::MessageType::bell:
      peer.polls = true;
      count_clients_locked();
      ring_bell_locked(peer, last_serial_);  // for frames posted before we knew
      break;
    case v2::MessageType::released:
      break;  // a hint: it made the host look, and every look is at the ledgers
    default:
      break;  // a v1 request that crossed our WELCOME, or of a later version
  }
}

void Host::Impl::send_buffers_locked(Peer& peer) {
  peer.buffers_due = false;
  if (!peer.ready || peer.doomed) return;
  v2::Buffers message{};
  std::array<int, v2::kMaxBuffersPerMessage> fds{};
  for (const std::uint32_t index : buffers_.used()) {
    if (peer.has_buffer.test(index)) continue;
    if (message.count == v2::kMaxBuffersPerMessage) {
      peer.buffers_due = true;  // the rest when these were read
      break;
    }
    const auto& entry = buffers_.entry(index);
    const bool writable =
        options.access == Access::read_write && entry.buffer->access() == Access::read_write;
    message.records[message.count] = {entry.id, entry.buffer->size_bytes(),
                                      static_cast<std::uint32_t>(entry.buffer->kind()),
                                      (writable ? v2::kBufferWritable : 0) |
                                          (entry.buffer->may_fault() ? v2::kBufferMayFault : 0)};
    fds[message.count++] = entry.fd();
  }
  if (message.count == 0) return;
  message.type = static_cast<std::uint32_t>(v2::MessageType::buffers);
  message.bytes = static_cast<std::uint32_t>(offsetof(v2::Buffers, records) +
                                             message.count * sizeof(v2::BufferRecord));
  ipc::Transfer sent = ipc::Transfer::later;
  if (may_send_fds_locked(peer, message.count)) {
    sent = ipc::send_packet(peer.socket.get(), v2::bytes_of(message).first(message.bytes),
                            {fds.data(), message.count});
  }
  if (sent == ipc::Transfer::closed) doom_locked(peer, "it closed the connection");
  if (sent == ipc::Transfer::later) peer.buffers_due = true;
  if (sent == ipc::Transfer::done) {
    note_sent_fds_locked(peer, message.count);
    for (std::uint32_t i = 0; i < message.count; ++i) {
      peer.has_buffer.set(message.records[i].id % v2::kBufferCount);
    }
  }
  any_debts_ = any_debts_ || peer.buffers_due;
}

void Host::Impl::offer_buffer_locked(std::uint32_t index) {
  for (Peer* peer : v2_peers_) {
    peer->has_buffer.reset(index);  // it may have what was there before
    send_buffers_locked(*peer);
  }
  if (use_timer_ && any_debts_) arm_timer_locked();
}

Result<std::shared_ptr<ipc::ChimeGroup>> Host::Impl::group_for_locked(uid_t uid) {
  for (const auto& group : *groups_) {
    if (!options.chime_per_client && group->uid() == uid) return group;
  }
  VSL_TRY(auto group, ipc::ChimeGroup::create(next_group_++, uid));
  auto groups = std::make_shared<Groups>(*groups_);  // publish() may be reading the old list
  std::erase_if(*groups, [](const auto& known) { return known->clients() == 0; });
  // They are woken in this order: whoever else is there does not keep our own user waiting.
  groups->insert(is_ours(uid) ? groups->begin() : groups->end(), group);
  groups_ = std::move(groups);
  return group;
}

void Host::Impl::leave_group_locked(Peer& peer) noexcept {
  if (peer.group == nullptr) return;
  peer.group->remove_client();
  if (peer.group->clients() == 0) {
    try {
      auto groups = std::make_shared<Groups>(*groups_);
      std::erase(*groups, peer.group);
      groups_ = std::move(groups);
    } catch (const std::bad_alloc&) {
      // It stays, wakes nobody, and goes when the list is next made anew.
    }
  }
  peer.group.reset();
}

}  // namespace vsl
