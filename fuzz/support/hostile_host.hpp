// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/memfd.hpp"
#include "support/input.hpp"
#include "wire/v2_layout.hpp"
#include "wire/v2_messages.hpp"

namespace vsl::fuzz {

/// A host that says and shows what the input says, to one client.
class HostileHost {
 public:
  HostileHost();

  const std::string& name() const { return name_; }
  /// Takes the connection of a client that has just called connect, dropping the one before.
  void accept();
  void hang_up() { socket_.reset(); }
  void read() const;

  void send_welcome(Input& input);
  void send_buffers(Input& input);
  void send_refused(Input& input) const;
  void send_event(Input& input) const;
  void send_reply(Input& input) const;
  void send_anything(Input& input) const;

  /// Shows a frame that is right but for what the input spoils.
  void post(Input& input);
  /// Overwrites eight bytes of the board, of any part but the slots beyond the first.
  void write_board(Input& input);
  void retire(Input& input);
  /// The board as it was before the input; ends the connection.
  void reset();

  wire::v2::Board& board() const { return *board_.mapping.as<wire::v2::Board>(); }

 private:
  static constexpr std::uint32_t kSlots = 16;  ///< as many as are used, of 4096

  void send(std::span<const std::byte> packet, std::span<const int> fds) const;
  int pick_fd(Input& input) const;
  std::uint64_t pick_buffer_id(Input& input) const;

  std::string name_;
  UniqueFd listener_, socket_;
  Memfd board_, chime_, ledger_;
  UniqueFd bell_;
  std::vector<UniqueFd> odd_;  ///< what may come in place of the right descriptor
  std::vector<std::uint64_t> touched_;
};

}  // namespace vsl::fuzz
