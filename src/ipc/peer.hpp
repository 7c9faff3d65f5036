// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fork_guard.hpp"
#include "base/memfd.hpp"
#include "ipc/chime_group.hpp"
#include "ipc/frame_table.hpp"
#include "ipc/socket.hpp"
#include "wire/v1.hpp"
#include "wire/v2_layout.hpp"

namespace vsl::ipc {

/// One client as the host sees it. Everything that came from it is suspect.
struct Peer {
  /// A client that has not said HELLO is served as v1.
  enum class Stage { v1, welcome_pending, v2 };

  std::uint32_t index = 0;
  std::uint64_t id = 0;  ///< never used again, unlike the index
  ClientSocket socket;
  UniqueFd pidfd;  ///< readable once its process is dead, even if a child keeps the socket open
  ForkGuard fork_guard;
  Credentials credentials;
  std::string command;
  std::int64_t since_ns = 0;
  Stage stage = Stage::v1;
  bool doomed = false;              ///< to be disconnected at the end of this pass
  std::int64_t muted_until_ns = 0;  ///< it flooded us: its socket is not looked at until then

  // v1: the serials it holds, 0 = free
  std::array<std::uint64_t, wire::v1::kMaxLocks> locks{};

  // v2
  std::shared_ptr<ChimeGroup> group;
  Memfd ledger_memory;
  const wire::v2::Ledger* ledger = nullptr;
  std::uint32_t lease_words = 0;
  bool polls = false;              ///< it said that it waits by a descriptor, not on the chime
  std::uint32_t answered_arm = 0;  ///< the `armed` value that got its bell
  bool ready = false;              ///< it has mapped the board: buffers may be sent
  std::bitset<wire::v2::kBufferCount> has_buffer;
  std::int64_t hello_ns = 0;         ///< when it asked for version 2
  std::uint32_t unread_fds = 0;      ///< sent since it was last seen to have read everything
  std::int64_t unread_since_ns = 0;  ///< when the first of them was sent
  bool buffers_due = false;          ///< some are not sent yet
};

}  // namespace vsl::ipc
