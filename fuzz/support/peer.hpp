// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "ipc/address.hpp"
#include "ipc/socket.hpp"
#include "support/check.hpp"

/// The other end of a connection, played by the input.
namespace vsl::fuzz {

template <class T>
T must(Result<T> result) {
  if (!result) std::fprintf(stderr, "fuzz: %s\n", result.error().message().c_str());
  VSL_MUST(result.has_value());
  return std::move(*result);
}

/// An abstract name, so that no file is left behind.
inline std::string socket_name(const char* what) {
  return std::string("vsl-fuzz-") + what + "-" + std::to_string(::getpid());
}

/// Reads and drops all that waits; false when the other end has hung up.
inline bool read_all(int socket) {
  ipc::Packet packet;
  for (;;) {
    const auto read = ipc::receive_packet(socket, packet);
    if (read != ipc::Transfer::done) return read == ipc::Transfer::later;
  }
}

}  // namespace vsl::fuzz
