// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/socket.h>

#include <algorithm>

#include "ipc/host_impl.hpp"
#include "media/format_table.hpp"

namespace vsl {

namespace v1 = wire::v1;

namespace {

std::int32_t v1_stride(const FrameInfo& info, bool folded) {
  const Layout& layout = info.layout;
  // Clients of release 2.5 expect from its hosts the row bytes summed over all planes.
  return static_cast<std::int32_t>(folded ? legacy_stride_bytes(layout.fourcc, layout.width_px)
                                          : layout.planes[0].stride_bytes);
}

v1::Event frame_event(const FrameInfo& info, bool folded) {
  v1::Event event{};
  event.serial = static_cast<std::int64_t>(info.serial);
  event.timestamp_ns = info.times.published_ns;
  event.duration_ns = info.times.duration_ns;
  event.pts_ns = info.times.pts_ns;
  event.dts_ns = info.times.dts_ns;
  event.expires_ns = info.times.expires_ns;
  event.fourcc = info.layout.fourcc.code;
  event.width_px = static_cast<std::int32_t>(info.layout.width_px);
  event.height_px = static_cast<std::int32_t>(info.layout.height_px);
  const std::uint64_t offset = info.layout.planes[0].offset_bytes;
  event.offset_bytes = static_cast<std::int64_t>(offset);
  event.size_bytes = info.layout.buffer_bytes[0] - std::min(offset, info.layout.buffer_bytes[0]);
  event.stride_bytes = v1_stride(info, folded);
  return event;
}

/// A slow client's queue is full of frames all the time, yet its locks must be answered.
ipc::Transfer send_reply(int socket, const v1::Event& reply) {
  const auto bytes = wire::v2::bytes_of(reply);
  const ipc::Transfer sent = ipc::send_packet(socket, bytes);
  if (sent != ipc::Transfer::later) return sent;
  constexpr int kRoomForReplies = 65536;
  int room = 0;
  socklen_t length = sizeof room;
  if (::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &room, &length) != 0) return sent;
  room /= 2;  // the kernel reports twice what was asked for
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kRoomForReplies, sizeof kRoomForReplies);
  const ipc::Transfer again = ipc::send_packet(socket, bytes);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  return again;
}

}  // namespace

void Host::Impl::handle_v1_locked(Peer& peer, const v1::Control& control) {
  v1::Code code = v1::Code::invalid_control;
  bool locked = false;
  const auto serial = static_cast<std::uint64_t>(control.serial);
  if (control.request == static_cast<std::uint32_t>(v1::Request::try_lock)) {
    code = lock_v1_locked(peer, serial);
    locked = code == v1::Code::success;
  } else if (control.request == static_cast<std::uint32_t>(v1::Request::unlock)) {
    code = unlock_v1_locked(peer, serial);
  }
  const v1::Event reply = v1::reply(code, locked);
  if (send_reply(peer.socket.get(), reply) == ipc::Transfer::done) return;
  // Without its reply the client would believe something else than we do; replies carry no number.
  ++stats_.cut_off;
  doom_locked(peer, "it does not read its replies");
}

v1::Code Host::Impl::lock_v1_locked(Peer& peer, std::uint64_t serial) {
  PublishedFrame* frame = serial != 0 ? frames_.find(serial) : nullptr;
  if (frame == nullptr || !frame->v1_sent.test(peer.index)) return v1::Code::expired;
  if (std::find(peer.locks.begin(), peer.locks.end(), serial) != peer.locks.end()) {
    return v1::Code::success;  // held already: one unlock gives it back
  }
  if (frame->retired) return v1::Code::expired;
  const auto place = std::find(peer.locks.begin(), peer.locks.end(), 0U);
  const auto held = v1::kMaxLocks - std::count(peer.locks.begin(), peer.locks.end(), 0U);
  const bool has_its_part = held >= readers_budget(smallest_pool_);
  if (place == peer.locks.end() || has_its_part) return v1::Code::too_many_locks;
  *place = serial;
  ++frame->v1_locks;
  return v1::Code::success;
}

v1::Code Host::Impl::unlock_v1_locked(Peer& peer, std::uint64_t serial) {
  PublishedFrame* frame = serial != 0 ? frames_.find(serial) : nullptr;
  if (frame == nullptr) return v1::Code::expired;
  const auto place = std::find(peer.locks.begin(), peer.locks.end(), serial);
  // A 2.5 client unlocks every frame it releases, held or not, and counts an error as a failure.
  if (place == peer.locks.end()) return v1::Code::success;
  *place = 0;
  --frame->v1_locks;
  return v1::Code::success;
}

void Host::Impl::release_v1_locks_locked(Peer& peer) {
  for (const std::uint64_t serial : peer.locks) {
    if (serial != 0) (void)unlock_v1_locked(peer, serial);
  }
  peer.locks.fill(0);
}

void Host::Impl::send_v1_locked(std::uint64_t serial) {
  PublishedFrame* frame = frames_.find(serial);
  if (frame == nullptr || frame->retired) return;
  // v1 knows one fd per frame: of a frame in several buffers it would show a part as the whole.
  if (frame->frame.info().layout.buffer_count != 1) return;
  const v1::Event event = frame_event(frame->frame.info(), frame->folded_stride);
  const int fd = buffers_.entry(frame->buffers[0]).fd();
  for (Peer* peer : v1_peers_) {
    if (!may_send_fds_locked(*peer, 1)) continue;  // the next frame is for it again
    const auto sent = ipc::send_packet(peer->socket.get(), wire::v2::bytes_of(event), {&fd, 1});
    if (sent == ipc::Transfer::done) {
      frame->v1_sent.set(peer->index);
      note_sent_fds_locked(*peer, 1);
    } else if (sent == ipc::Transfer::closed) {
      doom_locked(*peer, "it closed the connection");
    }
  }
}

void Host::Impl::disconnect_v1_holders_locked(PublishedFrame& frame) {
  for (Peer* peer : v1_peers_) {
    if (std::find(peer->locks.begin(), peer->locks.end(), frame.serial) == peer->locks.end()) {
      continue;
    }
    ++stats_.cut_off;
    doom_locked(*peer, "a frame it held too long was taken back, which v1 cannot tell it");
    for (auto& lock : peer->locks) lock = lock == frame.serial ? 0 : lock;
  }
  drop_doomed_locked();  // now: the memory is about to be written again
}

}  // namespace vsl
