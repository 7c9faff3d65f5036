// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/unique_fd.hpp"

namespace vsl::ipc {

enum class Transfer {
  done,
  later,   ///< would block, or the kernel's limit of fds in flight is reached: try again some time
  closed,  ///< the peer is gone, or the socket is of no use any more
};

/// Sends one packet with fds, never blocks, raises no SIGPIPE.
Transfer send_packet(int socket, std::span<const std::byte> packet,
                     std::span<const int> fds = {}) noexcept;

/// One received packet. fds not taken from it are closed with it.
struct Packet {
  static constexpr std::size_t kMaxBytes = 256;
  static constexpr std::size_t kMaxFds = 8;

  std::array<std::byte, kMaxBytes> storage;
  std::size_t size = 0;
  std::array<UniqueFd, kMaxFds> fds;
  std::size_t fd_count = 0;
  bool truncated = false;  ///< the kernel could not deliver every fd (MSG_CTRUNC)

  std::span<const std::byte> bytes() const noexcept { return {storage.data(), size}; }
};

/// Receives one packet and all its fds, close-on-exec. An empty packet is the end of the stream.
Transfer receive_packet(int socket, Packet& packet) noexcept;
/// The same without looking at fds, which the kernel then drops: for the host's end.
Transfer receive_bytes(int socket, std::span<std::byte> buffer, std::size_t& size) noexcept;

/// Bytes the peer has not read yet.
int unread_bytes(int socket) noexcept;

struct Credentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};
Result<Credentials> peer_credentials(int socket);
/// A pidfd of the peer, readable when it has died; empty where the kernel has none to give.
UniqueFd peer_pidfd(int socket, pid_t pid) noexcept;

}  // namespace vsl::ipc
