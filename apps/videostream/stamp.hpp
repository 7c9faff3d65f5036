// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "videostream/frame.hpp"

namespace vsl::command {

/// What `stream` says about a frame so that `receive --verify` can prove it whole. Native byte
/// order: frames do not leave the machine.
struct Stamp {
  static constexpr std::uint64_t kInPixels = 0x31304d5454534c56;  // "VLSTTM01": also in plane 0
  static constexpr std::uint64_t kInBlob = 0x31304d4254534c56;    // "VLSTBM01": pixels untouched

  std::uint64_t magic = 0;
  std::uint64_t sequence = 0;  ///< as FrameInfo::source_sequence
  std::int64_t captured_ns = 0;
  std::uint64_t checksum = 0;  ///< of all planes but the stamp's own bytes
  friend bool operator==(const Stamp&, const Stamp&) = default;
};
static_assert(sizeof(Stamp) == 32);

using PlaneBytes = std::array<std::span<const std::byte>, kMaxPlanes>;

/// A 64-bit sum in which the place of every byte counts. For finding torn pictures, not forgeries.
std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed = 0);

/// Of a whole picture; `skip_bytes` of the first plane are left out.
std::uint64_t checksum_planes(const PlaneBytes& planes, std::size_t skip_bytes);

/// The stamp at the start of `bytes`, if one is there.
std::optional<Stamp> read_stamp(std::span<const std::byte> bytes);

/// Proves the frame to `receive --verify`: beside its pixels, and inside them where they are ours
/// to change. Sequence and capture time must be set. Errors: those of mapping it.
Result<void> stamp_frame(Frame& frame, bool in_pixels);

}  // namespace vsl::command
