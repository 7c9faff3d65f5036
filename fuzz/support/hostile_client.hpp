// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <span>
#include <string>

#include "base/mapping.hpp"
#include "base/unique_fd.hpp"
#include "ipc/socket.hpp"
#include "support/input.hpp"
#include "wire/v2_layout.hpp"
#include "wire/v2_messages.hpp"

namespace vsl::fuzz {

/// A client that says and writes what the input says.
class HostileClient {
 public:
  /// `stranger`: as another user, where the fuzzer may become one (root).
  void connect(const std::string& name, bool stranger);
  void disconnect();
  bool connected() const { return static_cast<bool>(socket_); }
  void shut_down(int how);

  void send(std::span<const std::byte> packet, std::size_t fds = 0);
  void send_hello(Input& input);
  void send_v1(Input& input);
  void send_v2(Input& input);
  void send_anything(Input& input);
  /// Reads what the host sent, and maps what came with WELCOME.
  void receive();
  /// A word of the ledger, or any eight bytes of it.
  void write_ledger(Input& input);
  /// What nobody may do with the memory it was given.
  void tamper(Input& input) const;

  bool has_ledger() const { return static_cast<bool>(ledger_); }

 private:
  void accept_welcome(ipc::Packet& packet);
  std::uint64_t recent_serial(Input& input) const;
  std::uint64_t take_value(Input& input) const;
  const wire::v2::Board& board() const { return *board_.as<const wire::v2::Board>(); }

  UniqueFd socket_, board_fd_, chime_fd_, ledger_fd_;
  Mapping board_, ledger_;
  std::uint64_t newest_seen_ = 0;
};

}  // namespace vsl::fuzz
