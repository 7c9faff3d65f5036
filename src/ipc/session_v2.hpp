// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "base/mapping.hpp"
#include "ipc/session.hpp"
#include "ipc/socket.hpp"
#include "wire/v2_messages.hpp"

namespace vsl::ipc {

/// A connection that speaks wire v2: board, chime and ledger are mapped.
class SessionV2 final : public Lease::Session {
 public:
  /// From the packet that holds WELCOME. Takes its fds. Errors: protocol_error (what the host sent
  /// is not what the specification promises), errno of mmap.
  static Result<std::shared_ptr<SessionV2>> open(UniqueFd socket, Packet& welcome,
                                                 const ClientOptions& options,
                                                 bool refuse_may_fault);

  std::uint64_t epoch() const noexcept { return board().epoch; }
  std::uint64_t newest() const noexcept {
    // seq_cst: after arming; otherwise acquire would do (pairs with post())
    return board().newest.load(std::memory_order_seq_cst);
  }
  /// Whether `newest` can be: a ring word has room for serials below 2^48.
  static bool is_serial(std::uint64_t newest) noexcept { return newest >> 48 == 0; }
  bool closing() const noexcept { return board().closing.load(std::memory_order_acquire) != 0; }
  const wire::v2::Chime& chime() const noexcept { return *chime_.as<const wire::v2::Chime>(); }
  wire::v2::Ledger& ledger() const noexcept { return *ledger_.as<wire::v2::Ledger>(); }

  /// Asks for the memory that leasing `serial` will need, all of it at once.
  void fetch_ahead(std::uint64_t serial) const noexcept;

  enum class Outcome { leased, lapped, gone, no_record, unknown_buffer, unsafe, refused };
  /// Leases a serial. With `leased` or `unknown_buffer`, `index` is the record or `wanted` the id.
  Outcome try_lease(std::uint64_t serial, std::uint32_t& index, std::uint64_t& wanted);
  /// The same by its ring word, for a frame that was seen before.
  Outcome try_lease_word(std::uint64_t word, std::uint32_t& index, std::uint64_t& wanted);

  /// Reads what the host sent and lets go of memory it has forgotten; false when it is gone.
  /// Client's thread.
  bool drain() noexcept;
  /// Asks for a buffer that has not come.
  void want(std::uint64_t id) noexcept;
  /// Says that we are about to poll: the host rings at the next frame. False when it could not be
  /// told that we poll at all, its queue being full: try again soon.
  bool arm() noexcept;

  std::uint64_t fds_received = 0;
  std::uint64_t joined_at = 0;  ///< the newest serial before we told the host that we are here

  bool stands(const Record& record) const noexcept override;
  bool details(const Record& record, wire::v2::Details& details) const noexcept override;

 private:
  SessionV2(UniqueFd socket, std::uint32_t lease_words, Access access, bool refuse_may_fault);
  bool say_ready() noexcept;
  Result<void> map_shared(Packet& packet, const wire::v2::Welcome& welcome);
  const wire::v2::Board& board() const noexcept { return *board_.as<const wire::v2::Board>(); }
  bool resolve(Record& record, std::uint64_t& wanted) const noexcept;
  bool refuses(const Record& record) const noexcept;
  bool acceptable(Record& record) noexcept;
  bool read_messages() noexcept;
  void forget_gone() noexcept;
  /// False: the host broke the protocol.
  bool take_packet(Packet& packet) noexcept;
  bool put_buffers(Packet& packet);
  void release(std::uint32_t index) noexcept override;

  const Access access_;
  const bool refuse_may_fault_;
  Mapping board_, chime_, ledger_;
  std::uint32_t armed_ = 0;
  bool said_ready_ = false;

  /// The last layout that was found good: most frames have it again.
  Layout checked_layout_;
  std::array<std::uint64_t, kMaxPlanes> checked_sizes_{}, checked_plane_bytes_{};
};

}  // namespace vsl::ipc
