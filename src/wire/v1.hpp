// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// Messages of wire version 1, as releases up to 2.5 speak it. Native byte order, LP64 layout.
/// Spec: docs/spec/wire-v1.md#messages
namespace vsl::wire::v1 {

enum class Request : std::uint32_t { try_lock = 0, unlock = 1 };

enum class Code : std::uint32_t {
  success = 0,
  expired = 1,          ///< no such frame, or not any more
  invalid_control = 2,  ///< the host does not know the request; also how a v1 host answers HELLO
  too_many_locks = 3,
};

inline constexpr std::size_t kMaxLocks = 20;

/// Client to host.
struct Control {
  std::uint32_t request;
  std::uint32_t padding;
  std::int64_t serial;
};
static_assert(sizeof(Control) == 16 && offsetof(Control, serial) == 8);

/// Host to client: a frame (serial ≥ 1, one fd attached) or a reply (serial 0, no fd).
struct Event {
  std::uint32_t error;
  std::uint32_t padding;
  std::int64_t serial;
  std::int64_t timestamp_ns;  ///< CLOCK_MONOTONIC at post
  std::int64_t duration_ns, pts_ns, dts_ns;
  std::int64_t expires_ns;  ///< 0 = never
  std::int32_t locked;
  std::uint32_t fourcc;
  std::int32_t width_px, height_px;
  std::int64_t paddr;  ///< always 0 from us: no physical address leaves the process
  std::uint64_t size_bytes;
  std::int64_t offset_bytes;
  std::int32_t stride_bytes;
  std::uint32_t padding_end;
};
static_assert(sizeof(Event) == 104);
static_assert(offsetof(Event, serial) == 8 && offsetof(Event, expires_ns) == 48);
static_assert(offsetof(Event, locked) == 56 && offsetof(Event, paddr) == 72);
static_assert(offsetof(Event, size_bytes) == 80 && offsetof(Event, stride_bytes) == 96);

/// The reply to a request; all bytes without meaning are 0.
Event reply(Code code, bool locked) noexcept;

/// A packet as a v1 peer reads it: shorter ones are filled with zeros, longer ones cut. Nothing for
/// a control shorter than its 16 bytes, which is a broken peer.
std::optional<Control> parse_control(std::span<const std::byte> packet) noexcept;
Event parse_event(std::span<const std::byte> packet) noexcept;

}  // namespace vsl::wire::v1
