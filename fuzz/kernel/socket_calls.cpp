// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "kernel/calls.hpp"
#include "kernel/socket.hpp"
#include "support/check.hpp"
#include "support/closing.hpp"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77  // Linux 6.5
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83  // Linux 6.16
#endif

namespace vsl::fuzz::kernel {
namespace {

std::string name_in(const sockaddr* address, socklen_t length) {
  constexpr std::size_t kFront = offsetof(sockaddr_un, sun_path);
  const auto* path = reinterpret_cast<const sockaddr_un*>(address)->sun_path;
  return length > kFront ? std::string(path, length - kFront) : std::string();
}

std::vector<FilePtr> attached_files(const msghdr& header) {
  std::vector<FilePtr> files;
  if (header.msg_controllen < sizeof(cmsghdr)) return files;
  const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  for (std::size_t i = 0; i < (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(rights) + i * sizeof fd, sizeof fd);
    files.push_back(share(fd));
    VSL_MUST(files.back() != nullptr);  // no fuzzer sends what is not open, or not ours
  }
  return files;
}

void hand_over(std::vector<FilePtr>& files, msghdr& header) {
  const std::size_t bytes = files.size() * sizeof(int);
  header.msg_flags = 0;
  if (files.empty()) {
    header.msg_controllen = 0;
    return;
  }
  VSL_MUST(header.msg_controllen >= CMSG_SPACE(bytes));
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  *rights = {CMSG_LEN(bytes), SOL_SOCKET, SCM_RIGHTS};
  for (std::size_t i = 0; i < files.size(); ++i) {
    const int fd = install(std::move(files[i]));
    std::memcpy(CMSG_DATA(rights) + i * sizeof fd, &fd, sizeof fd);
  }
  header.msg_controllen = CMSG_SPACE(bytes);
}

/// What the library looks at: whether there is a packet (with SO_PASSCRED on, where there is room
/// to tell), and whether files are attached to it (without).
ssize_t peek(int fd, msghdr& header) {
  const InFlight* packet = nullptr;
  const int result = socket_peek(fd, packet);
  if (result < 0) return answer(result);
  header.msg_flags = packet != nullptr && !packet->files.empty() ? MSG_CTRUNC : 0;
  if (packet == nullptr || header.msg_controllen < CMSG_SPACE(sizeof(ucred))) {
    header.msg_controllen = 0;
  } else {
    header.msg_controllen = CMSG_SPACE(sizeof(ucred));
  }
  return 0;
}

}  // namespace
}  // namespace vsl::fuzz::kernel

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
using namespace vsl::fuzz::kernel;

extern "C" {

VSL_REAL(int, socket, int family, int type, int protocol) {
  return simulated() ? install(make_socket()) : __real_socket(family, type, protocol);
}

VSL_REAL(int, bind, int fd, const sockaddr* address, socklen_t length) {
  if (!is_ours(fd)) return __real_bind(fd, address, length);
  return answer(socket_bind(fd, name_in(address, length)));
}

VSL_REAL(int, listen, int fd, int backlog) {
  return is_ours(fd) ? answer(socket_listen(fd, backlog)) : __real_listen(fd, backlog);
}

VSL_REAL(int, connect, int fd, const sockaddr* address, socklen_t length) {
  if (!is_ours(fd)) return __real_connect(fd, address, length);
  return answer(socket_connect(fd, name_in(address, length)));
}

VSL_REAL(int, accept4, int fd, sockaddr* address, socklen_t* length, int flags) {
  return is_ours(fd) ? answer(socket_accept(fd)) : __real_accept4(fd, address, length, flags);
}

VSL_REAL(ssize_t, sendmsg, int fd, const msghdr* header, int flags) {
  if (!is_ours(fd)) return __real_sendmsg(fd, header, flags);
  const iovec& part = header->msg_iov[0];
  return answer(socket_send(fd, {static_cast<const std::byte*>(part.iov_base), part.iov_len},
                            attached_files(*header)));
}

VSL_REAL(ssize_t, recvmsg, int fd, msghdr* header, int flags) {
  if (!is_ours(fd)) return __real_recvmsg(fd, header, flags);
  if ((flags & MSG_PEEK) != 0) return peek(fd, *header);
  InFlight packet;
  const ssize_t size = socket_receive(fd, packet);
  if (size < 0) return answer(size);
  const iovec& part = header->msg_iov[0];
  const std::size_t some = std::min(part.iov_len, packet.bytes.size());
  std::copy_n(packet.bytes.data(), some, static_cast<std::byte*>(part.iov_base));
  hand_over(packet.files, *header);
  if (some < packet.bytes.size()) header->msg_flags |= MSG_TRUNC;
  return static_cast<ssize_t>(some);
}

VSL_REAL(ssize_t, recv, int fd, void* to, std::size_t bytes, int flags) {
  if (!is_ours(fd)) return __real_recv(fd, to, bytes, flags);
  InFlight packet;
  const ssize_t size = socket_receive(fd, packet);
  if (size < 0) return answer(size);
  for (const FilePtr& file : packet.files) {
    VSL_MUST(!file->blocks_when_closed() || vsl::fuzz::may_block_now());
  }
  const std::size_t some = std::min(bytes, packet.bytes.size());
  std::copy_n(packet.bytes.data(), some, static_cast<std::byte*>(to));
  return static_cast<ssize_t>(some);
}

VSL_REAL(int, shutdown, int fd, int how) {
  return is_ours(fd) ? answer(socket_shutdown(fd, how)) : __real_shutdown(fd, how);
}

VSL_REAL(int, getsockopt, int fd, int level, int option, void* value, socklen_t* length) {
  if (!is_ours(fd)) return __real_getsockopt(fd, level, option, value, length);
  if (option == SO_PEERCRED) return answer(socket_peer(fd, *static_cast<ucred*>(value)));
  if (option != SO_PEERPIDFD && option != SO_SNDBUF) return answer(-ENOPROTOOPT);
  const int result = option == SO_SNDBUF ? socket_send_room(fd)
                                         : install(make_thing(0600, O_RDWR, "anon_inode:[pidfd]"));
  if (result < 0) return answer(result);
  *static_cast<int*>(value) = result;
  return 0;
}

VSL_REAL(int, setsockopt, int fd, int level, int option, const void* value, socklen_t length) {
  if (!is_ours(fd)) return __real_setsockopt(fd, level, option, value, length);
  if (option == SO_PASSRIGHTS) return answer(-ENOPROTOOPT);  // there is more to do without
  if (option != SO_SNDBUF) return 0;
  return answer(socket_set_send_room(fd, *static_cast<const int*>(value)));
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
