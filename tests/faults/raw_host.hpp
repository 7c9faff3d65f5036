// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/memfd.hpp"
#include "ipc/address.hpp"
#include "ipc/socket.hpp"
#include "ipc/testing.hpp"
#include "wire/v2_messages.hpp"
#include "wire/v2_protocol.hpp"

namespace vsl::faults {

/// A host written by somebody else, of one client: it says and shows what it is told to. What it
/// makes by itself is right; its parts are open, to be made wrong.
class RawHost {
 public:
  static constexpr std::size_t kBufferBytes = 65536;
  static constexpr std::uint64_t kEpoch = 77;

  explicit RawHost(const std::string& name_in)
      : name(name_in),
        listener(must(ipc::Listener::open(name, {}))),
        board_memory(shared("vsl:board", sizeof(wire::v2::Board), PeerAccess::read)),
        chime_memory(shared("vsl:chime", sizeof(wire::v2::Chime), PeerAccess::read)),
        ledger_memory(shared("vsl:ledger:0", sizeof(wire::v2::Ledger), PeerAccess::read_write)),
        buffer(shared("vsl:buffer", kBufferBytes, PeerAccess::read_write)) {
    wire::v2::init_board(board(), kEpoch, 1, name, 0);
    wire::v2::init_ledger(ledger(), kEpoch, wire::v2::kMaxLeaseWords, 0);
  }

  wire::v2::Board& board() const { return *board_memory.mapping.as<wire::v2::Board>(); }
  wire::v2::Ledger& ledger() const { return *ledger_memory.mapping.as<wire::v2::Ledger>(); }
  wire::v2::Chime& chime() const { return *chime_memory.mapping.as<wire::v2::Chime>(); }

  /// Takes the newest connection, and hangs up on all before it.
  void accept() {
    for (;;) {
      UniqueFd next(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!next) return;
      socket = std::move(next);
    }
  }

  ipc::Transfer send(std::span<const std::byte> packet, std::span<const int> fds = {}) const {
    return ipc::send_packet(socket.get(), packet, fds);
  }

  wire::v2::Welcome welcome() const {
    wire::v2::Welcome welcome{};
    welcome.type = static_cast<std::uint32_t>(wire::v2::MessageType::hello);
    welcome.bytes = sizeof welcome;
    welcome.version = wire::v2::kVersion;
    welcome.epoch = board().epoch;
    welcome.board_bytes = sizeof(wire::v2::Board);
    welcome.lease_words = 4;
    return welcome;
  }
  std::array<int, 3> welcome_fds() const {
    return {board_memory.fd.get(), chime_memory.fd.get(), ledger_memory.fd.get()};
  }

  /// BUFFERS with one that is the host's own.
  void send_buffer(std::uint64_t id) const {
    wire::v2::Buffers message{};
    message.type = static_cast<std::uint32_t>(wire::v2::MessageType::buffers);
    message.count = 1;
    message.bytes = offsetof(wire::v2::Buffers, records) + sizeof(wire::v2::BufferRecord);
    message.records[0] = {id, kBufferBytes, 1, 0};
    const int fd = buffer.fd.get();
    board().buffers[id % wire::v2::kBufferCount].id.store(id, std::memory_order_release);
    (void)send(wire::v2::bytes_of(message).first(message.bytes), {&fd, 1});
  }

  /// A picture of 16 × 16 in that buffer.
  static wire::v2::Description picture(std::uint64_t buffer_id) {
    const Layout layout = must(Layout::packed(fourcc("NV12"), 16, 16));
    wire::v2::Description d{};
    d.fourcc = layout.fourcc.code;
    d.width_px = layout.width_px;
    d.height_px = layout.height_px;
    d.published_ns = monotonic_ns();
    d.plane_count = static_cast<std::uint8_t>(layout.plane_count);
    d.buffer_count = 1;
    for (std::size_t i = 0; i < layout.plane_count; ++i) {
      d.planes[i] = {layout.planes[i].offset_bytes, layout.planes[i].stride_bytes, 0};
    }
    d.buffers[0] = {buffer_id, layout.buffer_bytes[0]};
    return d;
  }

  std::string name;
  ipc::Listener listener;
  UniqueFd socket;
  Memfd board_memory, chime_memory, ledger_memory;
  Memfd buffer;

 private:
  template <class T>
  static T must(Result<T> result) {
    return ipc::test::must(std::move(result));
  }
  static Memfd shared(const char* name, std::size_t bytes, PeerAccess peers) {
    return must(create_memfd(name, bytes, {.peers = peers, .commit = false}));
  }
};

}  // namespace vsl::faults
