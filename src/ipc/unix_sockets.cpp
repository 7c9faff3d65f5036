// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/unix_sockets.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.hpp"

namespace vsl::ipc {
namespace {

using Sockets = std::unordered_map<std::uint64_t, ListeningSocket>;

Error failed() { return Error::last("ask the kernel for its listening sockets (sock_diag)"); }

Result<UniqueFd> ask() {
  constexpr std::uint32_t kListens = 1U << 10;  // TCP_LISTEN, in net/tcp_states.h
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket) return failed();
  struct {
    nlmsghdr head;
    unix_diag_req request;
  } message{};
  message.head.nlmsg_len = sizeof message;
  message.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = AF_UNIX;
  message.request.udiag_states = kListens;
  message.request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS;
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  if (::sendto(socket.get(), &message, sizeof message, 0, reinterpret_cast<sockaddr*>(&kernel),
               sizeof kernel) < 0) {
    return failed();
  }
  return socket;
}

/// An abstract name begins with a zero byte, a path may end with one.
std::string name_of(const char* bytes, std::size_t length) {
  if (length > 0 && bytes[0] == '\0') return std::string(bytes + 1, length - 1);
  return std::string(bytes, ::strnlen(bytes, length));
}

void add(const nlmsghdr& head, Sockets& found) {
  const auto& socket = *static_cast<const unix_diag_msg*>(NLMSG_DATA(&head));
  if (socket.udiag_type != SOCK_SEQPACKET) return;
  ListeningSocket listening;
  auto left = static_cast<int>(head.nlmsg_len - NLMSG_LENGTH(sizeof socket));
  const auto* attribute = reinterpret_cast<const rtattr*>(&socket + 1);
  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    const std::size_t bytes = RTA_PAYLOAD(attribute);
    if (attribute->rta_type == UNIX_DIAG_NAME) {
      listening.name = name_of(static_cast<const char*>(RTA_DATA(attribute)), bytes);
    } else if (attribute->rta_type == UNIX_DIAG_VFS && bytes >= sizeof(unix_diag_vfs)) {
      listening.file_inode = static_cast<const unix_diag_vfs*>(RTA_DATA(attribute))->udiag_vfs_ino;
    }
  }
  if (!listening.name.empty()) found.emplace(socket.udiag_ino, std::move(listening));
}

/// One answer of several packets. Returns whether it was the last one.
Result<bool> read_packet(const UniqueFd& socket, Sockets& found) {
  alignas(nlmsghdr) std::array<char, 32768> packet;
  auto left = static_cast<int>(::recv(socket.get(), packet.data(), packet.size(), 0));
  if (left < 0) return failed();
  const auto* head = reinterpret_cast<const nlmsghdr*>(packet.data());
  for (; NLMSG_OK(head, static_cast<unsigned>(left)); head = NLMSG_NEXT(head, left)) {
    if (head->nlmsg_type == NLMSG_DONE) return true;
    if (head->nlmsg_type == NLMSG_ERROR) {
      errno = -static_cast<const nlmsgerr*>(NLMSG_DATA(head))->error;
      return failed();
    }
    if (head->nlmsg_type == SOCK_DIAG_BY_FAMILY) add(*head, found);
  }
  return false;
}

}  // namespace

Result<Sockets> listening_sockets() {
  VSL_TRY(const UniqueFd socket, ask());
  Sockets found;
  for (bool last = false; !last;) {
    VSL_TRY(last, read_packet(socket, found));
  }
  return found;
}

bool leads_to(const ListeningSocket& socket) {
  struct stat status {};
  if (socket.name[0] != '/') return true;
  return ::lstat(socket.name.c_str(), &status) == 0 &&
         static_cast<std::uint32_t>(status.st_ino) == socket.file_inode;
}

}  // namespace vsl::ipc
