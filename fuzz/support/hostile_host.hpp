// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>
#include <vector>

#include "support/input.hpp"
#include "tests/faults/raw_host.hpp"
#include "wire/v1.hpp"

namespace vsl::fuzz {

/// A host that says and shows what the input says, to one client. Made once: reset() brings the
/// board back to what it was.
class HostileHost {
 public:
  HostileHost();

  const std::string& name() const { return raw_.name; }
  void accept() { raw_.accept(); }
  void hang_up() { raw_.socket.reset(); }
  void reset();

  void send_welcome(Input& input);
  void send_buffers(Input& input);
  void send_refused(Input& input) const;
  void send_event(Input& input) const;
  void send_reply(Input& input) const;
  void send_anything(Input& input) const;
  void ring_bell() const;

  /// Shows a frame that is right but for what the input spoils.
  void post(Input& input);
  void retire(Input& input);
  /// Overwrites eight bytes anywhere in what clients look at.
  void write_board(Input& input);
  void close_board() { board().closing.store(1, std::memory_order_seq_cst); }

 private:
  static constexpr std::uint32_t kSlots = 16;  ///< of 4096, those that are used
  static constexpr std::size_t kFrontBytes =
      offsetof(wire::v2::Board, slots) + kSlots * sizeof(wire::v2::Slot);

  wire::v2::Board& board() const { return raw_.board(); }
  void send(std::span<const std::byte> packet, std::span<const int> fds) const;
  int pick_fd(Input& input) const;

  faults::RawHost raw_;
  std::vector<UniqueFd> fds_;  ///< whatever may come where a descriptor is expected
  const int blocker_;          ///< likewise, and must not be closed where that could hold us up
};

}  // namespace vsl::fuzz
