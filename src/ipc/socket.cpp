// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/socket.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "base/assert.hpp"
#include "base/closer.hpp"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77  // Linux 6.5
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83  // Linux 6.16
#endif

namespace vsl::ipc {
namespace {

Transfer classify(int errnum) noexcept {
  switch (errnum) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
    case EINTR:
    case ETOOMANYREFS:  // fds in flight are counted per user: another process may have used them up
      return Transfer::later;
    default:
      return Transfer::closed;
  }
}

void take_fds(msghdr& header, Packet& packet) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      ReceivedFd owned{UniqueFd(fd)};
      if (packet.fd_count < Packet::kMaxFds) {
        packet.fds[packet.fd_count++] = std::move(owned);
      } else {
        ++packet.surplus;
      }
    }
  }
}

enum class Waiting { nothing, bytes, descriptors };

/// What is first in the queue of a socket that was shut down; in doubt descriptors.
Waiting next_in_queue(int socket) noexcept {
  constexpr int kTries = 2;  // one may be told that the peer left with our packets unread
  for (int i = 0; i < kTries; ++i) {
    // With its sender's credentials, a packet without bytes can be told from the end.
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(ucred))> control;
    std::byte first{};
    iovec part{&first, 1};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket, &header, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && errno == ENOTSOCK) return Waiting::nothing;  // the fork handler's, in a child
    if (size < 0) continue;
    if ((header.msg_flags & MSG_CTRUNC) != 0) return Waiting::descriptors;
    return size == 0 && header.msg_controllen == 0 ? Waiting::nothing : Waiting::bytes;
  }
  return Waiting::descriptors;
}

}  // namespace

Transfer send_packet(int socket, std::span<const std::byte> packet,
                     std::span<const int> fds) noexcept {
  iovec part{const_cast<std::byte*>(packet.data()), packet.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(Packet::kMaxFds * sizeof(int))> control{};
  if (!fds.empty()) {
    VSL_ASSERT(fds.size() <= Packet::kMaxFds);
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
  }
  if (::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return Transfer::done;
  return classify(errno);
}

Transfer receive_packet(int socket, Packet& packet) noexcept {
  for (std::size_t i = 0; i < packet.fd_count; ++i) packet.fds[i].reset();
  packet.fd_count = packet.surplus = 0;
  iovec part{packet.storage.data(), packet.storage.size()};
  // Room for all that can be sent: what does not fit the kernel closes itself, within recvmsg().
  constexpr std::size_t kMostFds = 253;  // SCM_MAX_FD
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(kMostFds * sizeof(int))> control;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < 0) return classify(errno);
  take_fds(header, packet);
  packet.size = static_cast<std::size_t>(size);
  packet.truncated = (header.msg_flags & MSG_CTRUNC) != 0;
  return size == 0 ? Transfer::closed : Transfer::done;
}

Transfer receive_bytes(int socket, std::span<std::byte> buffer, std::size_t& size) noexcept {
  const ssize_t received = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (received < 0) return classify(errno);
  size = static_cast<std::size_t>(received);
  return received == 0 ? Transfer::closed : Transfer::done;
}

void close_connection(UniqueFd socket) noexcept {
  if (!socket) return;
  ::shutdown(socket.get(), SHUT_RDWR);  // from now on the peer can add nothing
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  constexpr int kMost = 512;  // more than a queue has room for by default
  std::byte first{};
  for (int i = 0; i < kMost; ++i) {
    const Waiting waiting = next_in_queue(socket.get());
    if (waiting == Waiting::nothing) return;
    if (waiting == Waiting::descriptors) break;
    (void)!::recv(socket.get(), &first, 1, MSG_DONTWAIT);  // what honest peers leave unread
  }
  close_elsewhere(std::move(socket));
}

bool refuse_fds(int listener) noexcept {
  const int off = 0;
  return ::setsockopt(listener, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof off) == 0;
}

ClientSocket& ClientSocket::operator=(ClientSocket&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::move(other.fd_);
  refuses_fds_ = other.refuses_fds_;
  return *this;
}

bool ClientSocket::is_sent_fds() const noexcept {
  if (refuses_fds_) return false;
  std::byte first{};
  iovec part{&first, sizeof first};
  msghdr header{};  // without room for control messages, so that looking receives none
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  return ::recvmsg(fd_.get(), &header, MSG_PEEK | MSG_DONTWAIT) >= 0 &&
         (header.msg_flags & MSG_CTRUNC) != 0;
}

void ClientSocket::close() noexcept {
  if (!fd_) return;
  if (refuses_fds_) return fd_.reset();
  close_connection(std::move(fd_));
}

int unread_bytes(int socket) noexcept {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

Result<Credentials> peer_credentials(int socket) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    return Error::last("read the credentials of a peer");
  }
  return Credentials{credentials.pid, credentials.uid, credentials.gid};
}

UniqueFd peer_pidfd(int socket, pid_t pid) noexcept {
  int fd = -1;
  socklen_t length = sizeof fd;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &length) == 0) return UniqueFd(fd);
#ifdef SYS_pidfd_open
  if (pid > 0) return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
#endif
  return {};
}

}  // namespace vsl::ipc
