// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "frame/received_fd.hpp"

namespace vsl::ipc {

enum class Transfer {
  done,
  later,   ///< would block, or the kernel's limit of fds in flight is reached: try again some time
  closed,  ///< the peer is gone, or the socket is of no use any more
};

/// Sends one packet with fds, never blocks, raises no SIGPIPE.
Transfer send_packet(int socket, std::span<const std::byte> packet,
                     std::span<const int> fds = {}) noexcept;

/// One received packet. fds not taken from it are closed with it, where that cannot block us.
struct Packet {
  static constexpr std::size_t kMaxBytes = 256;
  static constexpr std::size_t kMaxFds = 8;

  std::array<std::byte, kMaxBytes> storage;
  std::size_t size = 0;
  std::array<ReceivedFd, kMaxFds> fds;
  std::size_t fd_count = 0;
  std::size_t surplus = 0;  ///< more that came, which no packet has; they are closed
  bool truncated = false;   ///< the kernel could not deliver every fd (MSG_CTRUNC)

  std::span<const std::byte> bytes() const noexcept { return {storage.data(), size}; }
};

/// Receives one packet and all its fds, close-on-exec. An empty packet is the end of the stream.
Transfer receive_packet(int socket, Packet& packet) noexcept;
/// The same without looking at fds. For sockets to which none can come: the kernel drops them here,
/// and whoever sent them says how long that takes.
Transfer receive_bytes(int socket, std::span<std::byte> buffer, std::size_t& size) noexcept;

/// Ends a connection on which the peer may have sent fds that nobody received. They are closed with
/// the socket, which may take as long as the peer likes: not by the caller where there may be any.
void close_connection(UniqueFd socket) noexcept;

/// Lets a socket that is going to listen refuse fds, and with it every socket accepted from it.
/// False where the kernel cannot (before Linux 6.16).
bool refuse_fds(int listener) noexcept;

/// The host's end of a client's connection. No fd that the client attaches to a packet is ever
/// received or closed by the thread that uses this. docs/decisions/0010
class ClientSocket {
 public:
  ClientSocket() = default;
  /// `refuses_fds`: what refuse_fds() said of the listener it was accepted from.
  ClientSocket(UniqueFd fd, bool refuses_fds) noexcept
      : fd_(std::move(fd)), refuses_fds_(refuses_fds) {}
  ClientSocket(ClientSocket&&) noexcept = default;
  ClientSocket& operator=(ClientSocket&& other) noexcept;
  ~ClientSocket() { close(); }

  explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
  int get() const noexcept { return fd_.get(); }
  /// The next packet has fds attached and must stay where it is: its sender is to be cut off.
  bool is_sent_fds() const noexcept;
  void close() noexcept;

 private:
  UniqueFd fd_;
  bool refuses_fds_ = false;
};

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
