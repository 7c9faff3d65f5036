// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

/// Socket messages of wire version 2. Every one begins with its type, and is at least 16 bytes, so
/// that a v1 host answers what it does not know. Spec: docs/spec/wire-v2.md#messages
namespace vsl::wire::v2 {

enum class MessageType : std::uint32_t {
  hello = 0x324C5356,     ///< client; the host's answer, WELCOME, has the same type
  refused = 0x324C5357,   ///< host
  ready = 0x324C5358,     ///< client
  buffers = 0x324C5359,   ///< host
  want = 0x324C535A,      ///< client
  released = 0x324C535B,  ///< client
  bell = 0x324C535C,      ///< host: there is a frame; client: I wait by a descriptor, ring for me
};

inline constexpr std::size_t kMaxMessageBytes = 256;
inline constexpr std::size_t kMaxBuffersPerMessage = 8;

struct Hello {
  std::uint32_t type, zero;
  std::uint16_t min_version, max_version;
  std::uint32_t features;
  std::uint32_t policy, depth, every_k, max_mfps, lease_words, access;  // wanted
  std::uint64_t last_epoch;  // of the host this client knew before, or 0
  std::uint32_t hold_ms;     // wanted, 0 = the host's
  char name[44];             // NUL-padded
};
static_assert(sizeof(Hello) == 96 && offsetof(Hello, last_epoch) == 40);
static_assert(offsetof(Hello, name) == 52);

/// Carries the fds of board, chime and ledger. No flag is defined.
struct Welcome {
  std::uint32_t type, bytes;
  std::uint16_t version, zero;
  std::uint32_t features;
  std::uint64_t epoch;
  std::uint32_t board_bytes, lease_words, hold_ms, access, flags, group;
  std::uint64_t newest;
  std::uint64_t reserved;
};
static_assert(sizeof(Welcome) == 64 && offsetof(Welcome, newest) == 48);

struct Refused {
  std::uint32_t type, bytes, errnum, retry_ms;  // retry_ms 0 = do not come back
};
static_assert(sizeof(Refused) == 16);

/// READY has no value; WANT carries a buffer id, RELEASED a ring word, BELL the newest serial (from
/// a client 0).
struct Short {
  std::uint32_t type, bytes;
  std::uint64_t value;
};
static_assert(sizeof(Short) == 16);

struct BufferRecord {
  std::uint64_t id, bytes;
  std::uint32_t kind, flags;  // kind: vsl::MemoryKind; flags: kBuffer…
};
static_assert(sizeof(BufferRecord) == 24);
inline constexpr std::uint32_t kBufferWritable = 1;  // clients may map it writable
inline constexpr std::uint32_t kBufferMayFault = 2;  // others can truncate it

/// Followed by `count` records, and by as many fds in the same order.
struct Buffers {
  std::uint32_t type, bytes, count, reserved;
  std::array<BufferRecord, kMaxBuffersPerMessage> records;
};
static_assert(sizeof(Buffers) == 16 + 24 * kMaxBuffersPerMessage);

/// The type of a packet, or nothing when it is too short to have one.
inline std::optional<MessageType> type_of(std::span<const std::byte> packet) noexcept {
  std::uint32_t type = 0;
  if (packet.size() < 16) return std::nullopt;
  std::memcpy(&type, packet.data(), sizeof type);
  return static_cast<MessageType>(type);
}

/// A packet as a T, when it is long enough; a longer one comes from a later version and is cut.
template <class T>
std::optional<T> parse(std::span<const std::byte> packet) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  T message{};
  if (packet.size() < sizeof message) return std::nullopt;
  std::memcpy(&message, packet.data(), sizeof message);
  return message;
}

/// BUFFERS has a variable length: nothing when count is 0, too large or does not fit the packet.
std::optional<Buffers> parse_buffers(std::span<const std::byte> packet) noexcept;
/// Nothing when the packet is no HELLO of a version we know how to read.
std::optional<Hello> parse_hello(std::span<const std::byte> packet) noexcept;
/// Nothing when the sizes in it cannot be those of a board of ours.
std::optional<Welcome> parse_welcome(std::span<const std::byte> packet) noexcept;

inline Short short_message(MessageType type, std::uint64_t value) noexcept {
  return {static_cast<std::uint32_t>(type), sizeof(Short), value};
}

template <class T>
std::span<const std::byte> bytes_of(const T& message) noexcept {
  return std::as_bytes(std::span(&message, 1));
}

}  // namespace vsl::wire::v2
