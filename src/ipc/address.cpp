// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/address.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "ipc/socket.hpp"

namespace vsl::ipc {

Result<Address> Address::parse(const std::string& name) {
  if (name.empty() || name[0] == '/') return relative_path(name);
  Address address;
  if (name.size() > sizeof address.address_.sun_path - 1) {
    return Error::of(std::errc::filename_too_long,
                     "socket name " + name + " (an abstract name has at most 107 bytes)");
  }
  address.address_.sun_family = AF_UNIX;
  std::memcpy(address.address_.sun_path + 1, name.data(), name.size());
  address.length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return address;
}

Result<Address> Address::relative_path(const std::string& name) {
  Address address;
  if (name.empty()) return Error::of(std::errc::invalid_argument, "socket path (empty)");
  if (name.size() > sizeof address.address_.sun_path) {
    return Error::of(std::errc::filename_too_long,
                     "socket path " + name + " (a path has at most 108 bytes)");
  }
  address.address_.sun_family = AF_UNIX;
  std::memcpy(address.address_.sun_path, name.data(), name.size());
  // No terminating NUL is counted: releases up to 2.5 bind exactly these bytes.
  address.length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return address;
}

namespace {

Result<UniqueFd> new_socket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return Error::last("create a socket");
  return socket;
}

Result<UniqueFd> connect_to(const Address& address, const std::string& name) {
  VSL_TRY(UniqueFd socket, new_socket());
  int result = 0;
  do {
    result = ::connect(socket.get(), address.get(), address.length());
  } while (result != 0 && errno == EINTR);
  if (result != 0) return Error::last("connect " + name);
  return socket;
}

}  // namespace

namespace {

bool is_ours_or_roots(uid_t owner) { return owner == ::geteuid() || owner == 0; }

/// Whether a file where we work can only have been put there by us or root.
bool is_trusted_here(const std::string& name) {
  struct stat folder {
  }, file{};
  if (::stat(".", &folder) != 0 || ::lstat(name.c_str(), &file) != 0) return false;
  const bool others_may_write = (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  return is_ours_or_roots(folder.st_uid) && !others_may_write && S_ISSOCK(file.st_mode) &&
         is_ours_or_roots(file.st_uid) && name.find('/') == std::string::npos;
}

/// The file that a host of release 2.5 made of a name without a leading '/'.
Result<UniqueFd> connect_relative(const std::string& name) {
  VSL_TRY(const Address address, Address::relative_path(name));
  if (!is_trusted_here(name)) {
    return Error::of(std::errc::connection_refused, "connect " + name);
  }
  VSL_TRY(UniqueFd socket, connect_to(address, name));
  VSL_TRY(const Credentials host, peer_credentials(socket.get()));
  if (is_ours_or_roots(host.uid)) return socket;
  return Error::of(std::errc::connection_refused, "connect " + name);
}

}  // namespace

Result<UniqueFd> connect_socket(const std::string& name) {
  VSL_TRY(const Address address, Address::parse(name));
  auto socket = connect_to(address, name);
  if (socket || !address.is_abstract() || socket.error().code != std::errc::connection_refused) {
    return socket;
  }
  auto relative = connect_relative(name);
  return relative ? std::move(relative) : std::move(socket);
}

}  // namespace vsl::ipc
