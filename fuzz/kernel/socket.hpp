// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/socket.h>

#include <span>

#include "kernel/file.hpp"

namespace vsl::fuzz::kernel {

/// A packet on its way: its bytes and the files attached to it.
struct InFlight {
  std::vector<std::byte> bytes;
  std::vector<FilePtr> files;
};

FilePtr make_socket();
/// `name`: as in sun_path, with the leading NUL of an abstract one.
int socket_bind(int fd, std::string name);
int socket_listen(int fd, int backlog);
int socket_connect(int fd, const std::string& name);
/// The new socket, or an error in its place.
int socket_accept(int fd);
ssize_t socket_send(int fd, std::span<const std::byte> bytes, std::vector<FilePtr> files);
/// The size of the next packet, which is moved into `packet`.
ssize_t socket_receive(int fd, InFlight& packet);
/// 0 with the next packet, which stays where it is, or with none at the end.
int socket_peek(int fd, const InFlight*& packet);
int socket_shutdown(int fd, int how);
int socket_unread(int fd);
int socket_send_room(int fd);
int socket_set_send_room(int fd, int bytes);
int socket_peer(int fd, ucred& credentials);

/// Who connects and listens from now on.
void become(uid_t effective);

}  // namespace vsl::fuzz::kernel
