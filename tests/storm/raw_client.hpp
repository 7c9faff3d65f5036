// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>
#include <vector>

#include "base/mapping.hpp"
#include "ipc/socket.hpp"
#include "roles.hpp"
#include "wire/v2_layout.hpp"
#include "wire/v2_messages.hpp"

namespace vsl::storm {

/// A client written by somebody who means no good: a socket, and what came through it.
class RawClient {
 public:
  static Result<RawClient> connect(const char* path);

  int fd() const { return socket_.get(); }
  ipc::Transfer send(const void* data, std::size_t bytes) const {
    return ipc::send_packet(fd(), {static_cast<const std::byte*>(data), bytes});
  }
  ipc::Transfer say(wire::v2::MessageType type, std::uint64_t value = 0) const {
    const auto message = wire::v2::short_message(type, value);
    return send(&message, sizeof message);
  }
  ipc::Transfer say_hello(std::uint32_t lease_words = wire::v2::kMaxLeaseWords) const;
  /// Waits for WELCOME for at most a second and maps what came with it; READY is not said.
  bool upgrade();
  bool ended() const;
  /// Descriptors of BUFFERS that have arrived, as many as it cares for.
  std::vector<UniqueFd> take_buffers();

  wire::v2::Ledger& ledger() { return *ledger_.as<wire::v2::Ledger>(); }
  const wire::v2::Board& board() const { return *board_.as<const wire::v2::Board>(); }
  const wire::v2::Chime& chime() const { return *chime_.as<const wire::v2::Chime>(); }
  std::byte* ledger_bytes() const { return ledger_.data(); }

  std::vector<UniqueFd> welcome_fds;  ///< board, chime, ledger

 private:
  UniqueFd socket_;
  ipc::Packet packet_;
  Mapping board_, chime_, ledger_;
};

/// Connects and upgrades; nothing when there is no host, or it turns us away.
std::optional<RawClient> upgraded(Actor& actor);
/// A pause between misdeeds: the storm is about the bus, not about who gets the processor.
void breathe(Actor& actor, std::int64_t least_us, std::int64_t most_us);

}  // namespace vsl::storm
