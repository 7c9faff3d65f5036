// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "wire/v2_protocol.hpp"

#include <algorithm>
#include <atomic>

#include "base/cache_lines.hpp"

namespace vsl::wire::v2 {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;
constexpr auto kSeqCst = std::memory_order_seq_cst;

// A reader may be copying a description while the slot is filled anew; it throws the copy away
// after its re-check, but the accesses themselves have to be atomic.
void store_words(void* target, const void* source, std::size_t bytes) noexcept {
  auto* to = static_cast<std::uint64_t*>(target);
  const auto* from = static_cast<const std::uint64_t*>(source);
  for (std::size_t i = 0; i < (bytes + 7) / 8; ++i) {
    std::atomic_ref<std::uint64_t>(to[i]).store(from[i], kRelaxed);  // published by the state
  }
}

void load_words(void* target, const void* source, std::size_t bytes) noexcept {
  auto* to = static_cast<std::uint64_t*>(target);
  auto* from = static_cast<std::uint64_t*>(const_cast<void*>(source));
  for (std::size_t i = 0; i < (bytes + 7) / 8; ++i) {
    to[i] = std::atomic_ref<std::uint64_t>(from[i]).load(kRelaxed);  // the re-check follows
  }
}

static_assert(sizeof(Description) % 8 == 0 && sizeof(Details) % 8 == 0);
constexpr std::size_t kFixedDetails = offsetof(Details, blob);
static_assert(kFixedDetails % 8 == 0);

}  // namespace

std::uint64_t hash_name(std::string_view socket_name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : socket_name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

void init_board(Board& board, std::uint64_t epoch, std::uint32_t access,
                std::string_view socket_name, std::int64_t started_ns) noexcept {
  board.magic = kBoardMagic;
  board.version = kVersion;
  board.header_bytes = kPageBytes;
  board.epoch = epoch;
  board.ring_mask = kRingSize - 1;
  board.slot_count = kSlotCount;
  board.slot_bytes = sizeof(Slot);
  board.slots_offset = offsetof(Board, slots);
  board.buffers_offset = offsetof(Board, buffers);
  board.buffer_count = kBufferCount;
  board.access = access;
  board.started_ns = started_ns;
  board.name_hash = hash_name(socket_name);
}

void init_ledger(Ledger& ledger, std::uint64_t epoch, std::uint32_t lease_words,
                 std::uint32_t client_index) noexcept {
  ledger.magic = kLedgerMagic;
  ledger.epoch = epoch;
  ledger.lease_words = lease_words;
  ledger.client_index = client_index;
}

[[gnu::hot]] void post(Board& board, std::uint32_t slot_index, std::uint64_t serial,
                       const Description& description, const Details& details) noexcept {
  Slot& slot = board.slots[slot_index];
  store_words(&slot.description, &description, sizeof description);
  // The blob is copied only as far as it goes; what lies behind is never read.
  store_words(&slot.details, &details, kFixedDetails + details.blob_bytes);
  slot.state.store(live_state(serial), kRelease);  // pairs with the state load in lease()
  board.ring[serial & (kRingSize - 1)].store(ring_word(serial, slot_index),
                                             kRelease);  // with find()
  board.newest.store(serial, kSeqCst);  // before the chime: a waiter reads them the other way round
}

void retire(Slot& slot, std::uint64_t serial) noexcept {
  // seq_cst: either the scan that follows sees a lease, or its lease() sees this (I3)
  slot.state.store(retired_state(serial), kSeqCst);
}

void free_slot(Slot& slot) noexcept {
  slot.state.store(0, kSeqCst);
  // What our caller does to the pixels must not be seen before the state: pairs with stands().
  std::atomic_thread_fence(kRelease);
}

[[gnu::hot]] std::uint64_t find(const Board& board, std::uint64_t serial) noexcept {
  const std::uint64_t word = board.ring[serial & (kRingSize - 1)].load(kAcquire);  // with post()
  return serial_of(word) == serial && slot_of(word) < kSlotCount ? word : 0;
}

[[gnu::hot]] LeaseResult lease(const Board& board, std::uint64_t word,
                               ShmAtomic<std::uint64_t>& lease, Description& description) noexcept {
  const Slot& slot = board.slots[slot_of(word)];
  // The host's core has these lines; they can come while the announcement is on its way.
  fetch_to_read(&slot, offsetof(Slot, details));
  lease.store(word, kSeqCst);  // announced …
  if (slot.state.load(kSeqCst) != live_state(serial_of(word)))
    return LeaseResult::gone;  // … checked
  load_words(&description, &slot.description, sizeof description);
  std::atomic_thread_fence(kAcquire);  // the copy is complete before the second look
  const std::uint64_t state = slot.state.load(kRelaxed);  // ordered by the fence
  return state >> 1 == serial_of(word) ? LeaseResult::leased : LeaseResult::gone;
}

[[gnu::hot]] bool release(const Board& board, std::uint64_t word,
                          ShmAtomic<std::uint64_t>& lease) noexcept {
  lease.store(0, kSeqCst);
  // seq_cst: either the host's next scan sees the word gone, or we see that it waits (I4)
  return board.slots[slot_of(word)].state.load(kSeqCst) == retired_state(serial_of(word));
}

[[gnu::hot]] bool stands(const Board& board, std::uint64_t word) noexcept {
  std::atomic_thread_fence(kAcquire);  // after the last pixel read; with free_slot()
  return board.slots[slot_of(word)].state.load(kRelaxed) >> 1 == serial_of(word);
}

bool read_details(const Board& board, std::uint64_t word, Details& details) noexcept {
  const Details& shared = board.slots[slot_of(word)].details;
  load_words(&details, &shared, kFixedDetails);
  details.blob_bytes = std::min<std::uint32_t>(details.blob_bytes, sizeof details.blob);
  load_words(details.blob, shared.blob, details.blob_bytes);
  return stands(board, word);
}

}  // namespace vsl::wire::v2
