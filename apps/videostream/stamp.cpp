// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "stamp.hpp"

#include <cstring>

namespace vsl::command {
namespace {

// Odd, with its bits spread: the 64-bit prime of FNV has too few. (The golden ratio, as in
// splitmix.)
constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
// Independent chains, so that the processor multiplies every cycle instead of every third or
// fourth.
constexpr std::size_t kLanes = 8;

std::uint64_t mix(std::uint64_t sum, std::uint64_t word) { return (sum ^ word) * kMultiplier; }

// Multiplication never carries downwards: the fold brings the high bits back.
std::uint64_t fold(std::uint64_t sum) { return sum ^ (sum >> 32); }

}  // namespace

std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed) {
  std::array<std::uint64_t, kLanes> lanes;
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = seed + i + 1;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= sizeof lanes; left -= sizeof lanes, at += sizeof lanes) {
    std::array<std::uint64_t, kLanes> words;
    std::memcpy(words.data(), at, sizeof words);
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  std::uint64_t sum = seed ^ bytes.size();
  for (const std::uint64_t lane : lanes) sum = mix(fold(sum), fold(lane));
  for (; left > 0; --left, ++at) sum = mix(fold(sum), std::to_integer<std::uint64_t>(*at));
  return fold(sum);
}

std::uint64_t checksum_planes(const PlaneBytes& planes, std::size_t skip_bytes) {
  std::uint64_t sum = 0;
  for (const auto& plane : planes) {
    const std::size_t skip = &plane == planes.data() ? skip_bytes : 0;
    if (plane.size() > skip) sum = checksum(plane.subspan(skip), sum);
  }
  return sum;
}

std::optional<Stamp> read_stamp(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(Stamp)) return std::nullopt;
  Stamp stamp;
  std::memcpy(&stamp, bytes.data(), sizeof stamp);
  if (stamp.magic != Stamp::kInPixels && stamp.magic != Stamp::kInBlob) return std::nullopt;
  return stamp;
}

Result<void> stamp_frame(Frame& frame, bool in_pixels) {
  VSL_CHECK(frame.map());
  PlaneBytes planes;
  for (std::size_t i = 0; i < frame.info().layout.plane_count; ++i) planes[i] = frame.plane(i);
  const std::span<std::byte> first = frame.plane(0);
  in_pixels = in_pixels && first.size() >= sizeof(Stamp);
  const Stamp stamp{in_pixels ? Stamp::kInPixels : Stamp::kInBlob, frame.info().source_sequence,
                    frame.info().times.captured_ns,
                    checksum_planes(planes, in_pixels ? sizeof(Stamp) : 0)};
  if (in_pixels) std::memcpy(first.data(), &stamp, sizeof stamp);
  return frame.set_blob(std::as_bytes(std::span(&stamp, 1)));
}

}  // namespace vsl::command
