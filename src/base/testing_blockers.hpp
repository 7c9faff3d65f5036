// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "base/unique_fd.hpp"

namespace vsl::testing {

/// A descriptor whose last close blocks until somebody reads: a TCP connection over loopback with
/// SO_LINGER and more in its queue than its peer has room for.
class LingeringSocket {
 public:
  LingeringSocket() {
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    constexpr int kSmall = 4096;  // of what the peer takes unread
    ::setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &kSmall, sizeof kSmall);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    ours_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listener.get(), any, length) != 0 || ::listen(listener.get(), 1) != 0 ||
        ::getsockname(listener.get(), any, &length) != 0 ||
        ::connect(ours_.get(), any, length) != 0) {
      std::abort();
    }
    peers_ = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const linger for_hours{1, 10'000};
    ::setsockopt(ours_.get(), SOL_SOCKET, SO_LINGER, &for_hours, sizeof for_hours);
    const std::array<char, 65536> bytes{};
    while (::send(ours_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0) {
    }
  }

  int fd() const { return ours_.get(); }
  /// Gives the descriptor away; the peer's end stays here.
  UniqueFd take() { return std::move(ours_); }
  /// Reads until the connection ends, which lets the close return. False when it broke.
  bool drains_to_its_end() {
    std::array<char, 65536> bytes;
    ssize_t size = 1;
    while (size > 0) size = ::recv(peers_.get(), bytes.data(), bytes.size(), 0);
    return size == 0;
  }

 private:
  UniqueFd ours_, peers_;
};

}  // namespace vsl::testing
