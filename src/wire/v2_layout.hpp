// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/shm_atomic.hpp"

/// Shared memory of wire version 2: the board (host writes, clients map read-only), the chime (the
/// futex word, alone on its page) and the ledger (client writes, host reads with suspicion).
/// Little-endian; 64-bit words are lock-free. Spec: docs/spec/wire-v2.md
namespace vsl::wire::v2 {

inline constexpr std::uint64_t kBoardMagic = 0x3244524143425356;   // "VSBCARD2", little-endian
inline constexpr std::uint64_t kLedgerMagic = 0x32524744454c5356;  // "VSLEDGR2"
inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::uint32_t kRingSize = 256;
inline constexpr std::uint32_t kSlotCount = 4096;
inline constexpr std::uint32_t kBufferCount = 1024;
inline constexpr std::uint32_t kShownClients = 128;
inline constexpr std::uint32_t kMaxLeaseWords = 64;
inline constexpr std::uint32_t kPageBytes = 4096;

/// What a lease copies: everything needed to find and interpret the pixels. Plain words for its one
/// writer; readers use read_description(), which copies it word by word and checks that it stood.
struct Description {
  std::uint32_t fourcc, width_px, height_px, flags;  // flags: see kFlag…
  std::uint64_t modifier;
  std::int64_t published_ns, pts_ns, expires_ns;
  std::uint8_t plane_count, buffer_count, primaries, transfer, matrix, range, chroma_site, rotation;
  struct Plane {
    std::uint64_t offset_bytes;
    std::uint32_t stride_bytes;
    std::uint32_t buffer;  // index into buffers
  } planes[4];
  struct BufferUse {
    std::uint64_t id;
    std::uint64_t used_bytes;
  } buffers[4];
};
static_assert(sizeof(Description) == 184 && std::is_trivially_copyable_v<Description>);
static_assert(offsetof(Description, published_ns) == 24 && offsetof(Description, planes) == 56);

inline constexpr std::uint32_t kFlagKeyFrame = 1U << 0;
inline constexpr std::uint32_t kFlagInterlaceShift = 1;      // 2 bits
inline constexpr std::uint32_t kFlagDamageShift = 3;         // 3 bits: number of damage rectangles
inline constexpr std::uint32_t kFlagFoldedStride = 1U << 6;  // C ABI: stride is the sum over planes
inline constexpr std::uint32_t kFlagFieldsShift = 7;  // 2 bits: repeat first field, one field

/// What is copied on demand.
struct Details {
  std::int64_t dts_ns, duration_ns, captured_ns, dequeued_ns;
  std::uint64_t source_sequence;
  std::int32_t crop[4];  // x, y, width, height
  std::uint32_t clocks, blob_bytes;
  std::int32_t damage[4][4];
  std::uint8_t blob[192];
};
static_assert(sizeof(Details) == 320 && offsetof(Details, damage) == 64);
static_assert(offsetof(Details, blob) == 128);

/// One published frame. state: serial << 1 | retired; 0 = free.
struct Slot {
  ShmAtomic<std::uint64_t> state;
  Description description;
  Details details;
};
static_assert(sizeof(Slot) == 512 && std::is_standard_layout_v<Slot>);
static_assert(offsetof(Slot, description) == 8 && offsetof(Slot, details) == 192);

constexpr std::uint64_t live_state(std::uint64_t serial) { return serial << 1; }
constexpr std::uint64_t retired_state(std::uint64_t serial) { return serial << 1 | 1; }
constexpr std::uint64_t ring_word(std::uint64_t serial, std::uint32_t slot) {
  return serial << 16 | slot;
}
constexpr std::uint64_t serial_of(std::uint64_t word) { return word >> 16; }
constexpr std::uint32_t slot_of(std::uint64_t word) { return word & 0xffff; }

/// Which buffers live. Index = id mod 1024; ids never repeat.
struct BufferEntry {
  ShmAtomic<std::uint64_t> id;  // 0 = gone
  ShmAtomic<std::uint64_t> bytes;
  ShmAtomic<std::uint32_t> kind, flags;
  std::uint64_t reserved;
};
static_assert(sizeof(BufferEntry) == 32);

/// Who is connected; for `videostream top` alone. Written by the host when it scans.
struct ClientEntry {
  ShmAtomic<std::uint32_t> pid;  // 0 = empty
  ShmAtomic<std::uint32_t> uid;
  char command[16];
  ShmAtomic<std::uint64_t> since_ns;
  ShmAtomic<std::uint32_t> held, wire_version;
  ShmAtomic<std::uint64_t> oldest_hold_ns;  // age
  ShmAtomic<std::uint32_t> group, skips;
  std::uint64_t reserved;
};
static_assert(sizeof(ClientEntry) == 64);

struct Board {
  // Constants, written before anyone sees the board.
  std::uint64_t magic;
  std::uint32_t version, header_bytes;
  std::uint64_t epoch;  // random, never 0
  std::uint32_t ring_mask, slot_count, slot_bytes, slots_offset, buffers_offset, buffer_count;
  std::uint32_t access, reserved0;
  std::int64_t started_ns;
  std::uint64_t name_hash;  // of the socket's name: which of a process's boards this is
  std::byte pad0[0x80 - 72];
  // One cache line pair of its own: read by every waiting client.
  ShmAtomic<std::uint64_t> newest;
  ShmAtomic<std::uint32_t> closing;  // 0 = running
  std::byte pad1[0x80 - 12 - 4];
  std::uint32_t pad2;
  // Counters, relaxed.
  ShmAtomic<std::uint64_t> posted, no_buffer, taken_back, refused;
  ShmAtomic<std::uint32_t> v1_clients, v2_clients;
  std::byte pad3[0x800 - 0x100 - 40];
  ShmAtomic<std::uint64_t> ring[kRingSize];
  ClientEntry clients[kShownClients];
  BufferEntry buffers[kBufferCount];
  Slot slots[kSlotCount];
};
static_assert(std::is_standard_layout_v<Board>);
static_assert(offsetof(Board, name_hash) == 0x40);
static_assert(offsetof(Board, newest) == 0x80 && offsetof(Board, closing) == 0x88);
static_assert(offsetof(Board, posted) == 0x100 && offsetof(Board, ring) == 0x800);
static_assert(offsetof(Board, clients) == 0x1000 && offsetof(Board, buffers) == 0x3000);
static_assert(offsetof(Board, slots) == 0xb000);
static_assert(sizeof(Board) == 0xb000 + kSlotCount * 512);

/// The futex word, alone: whoever maps it can requeue its waiters (docs/spec/wire-v2.md#chime).
struct Chime {
  ShmAtomic<std::uint32_t> word;  // changes at every post and at closing; it only wakes
  std::byte rest[kPageBytes - 4];
};
static_assert(sizeof(Chime) == kPageBytes);

/// A client's holds. Made by the host, written by one client, never reused.
struct Ledger {
  std::uint64_t magic, epoch;
  std::uint32_t lease_words, client_index;
  std::byte pad0[0x40 - 24];
  ShmAtomic<std::uint32_t> armed;  // 0, or a new value each time the client goes to poll
  std::byte pad1[0x40 - 4];
  ShmAtomic<std::uint64_t> lease[kMaxLeaseWords];  // the ring word of a held frame, or 0
  std::byte pad2[0x400 - 0x80 - 8 * kMaxLeaseWords];
  // Shown by `videostream top`, trusted by nobody.
  ShmAtomic<std::uint64_t> cursor, delivered, lapped, gone, no_lease, unknown_buffer;
  ShmAtomic<std::uint64_t> wake_latency[32], hold_time[32];  // log2 buckets of ns
  char name[44];
  std::uint32_t pad3;
  ShmAtomic<std::uint64_t> skipped;  // serials never delivered, also those the policy passed over
  std::byte pad4[kPageBytes - 0x668];
};
static_assert(sizeof(Ledger) == kPageBytes && std::is_standard_layout_v<Ledger>);
static_assert(offsetof(Ledger, armed) == 0x40 && offsetof(Ledger, lease) == 0x80);
static_assert(offsetof(Ledger, cursor) == 0x400 && offsetof(Ledger, skipped) == 0x660);

}  // namespace vsl::wire::v2
