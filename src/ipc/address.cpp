// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/address.hpp"

#include <cstddef>
#include <cstring>

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

Result<UniqueFd> connect_socket(const std::string& name) {
  VSL_TRY(const Address address, Address::parse(name));
  auto socket = connect_to(address, name);
  if (socket || !address.is_abstract() || socket.error().code != std::errc::connection_refused) {
    return socket;
  }
  VSL_TRY(const Address fallback, Address::relative_path(name));
  auto relative = connect_to(fallback, name);
  return relative ? std::move(relative) : std::move(socket);
}

}  // namespace vsl::ipc
