// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/v2_layout.hpp"

/// The protocol on shared memory: what the host does to its board, and a client to its ledger.
/// No system calls, no allocation; a process may die between any two lines.
///
/// Invariants (docs/spec/wire-v2.md#leases):
///  I1 A slot's description changes only while its state is 0 or another serial's.
///  I2 A buffer is reused only after its slot's state stopped being live or retired with that
///  serial
///     and every ledger was seen without its ring word, or after it was taken back.
///  I3 A client that stored a ring word and then saw the state live is seen by every later scan.
///  I4 Whoever clears a lease word looks at the state afterwards and rings if it is retired.
namespace vsl::wire::v2 {

// --- host ---------------------------------------------------------------------------------------

/// Writes the constants of a fresh (zeroed) board.
void init_board(Board& board, std::uint64_t epoch, std::uint32_t access,
                std::string_view socket_name, std::int64_t started_ns) noexcept;
/// FNV-1a, 64 bits.
std::uint64_t hash_name(std::string_view socket_name) noexcept;
void init_ledger(Ledger& ledger, std::uint64_t epoch, std::uint32_t lease_words,
                 std::uint32_t client_index) noexcept;

/// Fills a free slot and publishes it, up to and including `newest`. Serials ascend.
void post(Board& board, std::uint32_t slot, std::uint64_t serial, const Description& description,
          const Details& details) noexcept;
/// From now on no new lease of the slot succeeds.
void retire(Slot& slot, std::uint64_t serial) noexcept;
/// The slot is free. Its readers, if any are left, find that their lease does not stand any more;
/// only after this returns may the pixels be touched.
void free_slot(Slot& slot) noexcept;

/// Calls held(serial, slot, word index) for every lease word of a ledger that could mean a frame.
template <class Held>
void scan(const Ledger& ledger, std::uint32_t lease_words, const Held& held) {
  for (std::uint32_t i = 0; i < lease_words; ++i) {
    // seq_cst: pairs with the client's announce-then-recheck (I3)
    const std::uint64_t word = ledger.lease[i].load(std::memory_order_seq_cst);
    if (word != 0 && slot_of(word) < kSlotCount) held(serial_of(word), slot_of(word), i);
  }
}

// --- client -------------------------------------------------------------------------------------

enum class LeaseResult { leased, lapped, gone };

/// The ring word of a serial, or 0 when the ring does not hold it (any more).
std::uint64_t find(const Board& board, std::uint64_t serial) noexcept;
/// Announces `word` in `lease` and checks that the frame still stands; copies its description.
/// On anything but `leased` the caller must call release(): `lease` may have been seen by the host.
LeaseResult lease(const Board& board, std::uint64_t word, ShmAtomic<std::uint64_t>& lease,
                  Description& description) noexcept;
/// Clears the word. True: the host waits for this frame and must be told (RELEASED).
[[nodiscard]] bool release(const Board& board, std::uint64_t word,
                           ShmAtomic<std::uint64_t>& lease) noexcept;
/// Whether all that was read from the frame's memory until now was the frame's.
bool stands(const Board& board, std::uint64_t word) noexcept;
/// Copies the rest of a slot, the blob as far as blob_bytes (at most its size) says; true when it
/// stood all the time.
bool read_details(const Board& board, std::uint64_t word, Details& details) noexcept;

}  // namespace vsl::wire::v2
