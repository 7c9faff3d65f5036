// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/nal.hpp"

#include <cstring>

namespace vsl {
namespace {

// Rec. ITU-T H.264 table 7-1.
NalKind h264_kind(unsigned type) {
  switch (type) {
    case 1:
    case 2:
    case 3:
    case 4:
      return NalKind::slice;
    case 5:
      return NalKind::key_slice;
    case 6:
      return NalKind::sei;
    case 7:
      return NalKind::sps;
    case 8:
      return NalKind::pps;
    case 9:
      return NalKind::delimiter;
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
      return NalKind::prefix;
    case 10:
    case 11:
    case 12:
    case 19:
      return NalKind::suffix;
    default:
      return NalKind::unregarded;
  }
}

// Rec. ITU-T H.265 table 7-1.
NalKind hevc_kind(unsigned type) {
  constexpr unsigned kLastSlice = 9, kFirstKey = 16, kLastKey = 21;
  if (type <= kLastSlice) return NalKind::slice;
  if (type >= kFirstKey && type <= kLastKey) return NalKind::key_slice;
  switch (type) {
    case 32:
      return NalKind::vps;
    case 33:
      return NalKind::sps;
    case 34:
      return NalKind::pps;
    case 35:
      return NalKind::delimiter;
    case 36:
    case 37:
    case 38:
    case 40:
      return NalKind::suffix;
    case 39:
      return NalKind::sei;
    default: {
      const bool before_slices = (type >= 41 && type <= 44) || (type >= 48 && type <= 55);
      return before_slices ? NalKind::prefix : NalKind::unregarded;
    }
  }
}

// Whether one of eight bytes is zero: borrows reach the top bit of exactly such bytes, and of bytes
// above one, which is as good here.
bool has_zero(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
  return ((word - kOnes) & ~word & kTops) != 0;
}

}  // namespace

NalKind nal_kind(VideoCodec codec, std::span<const std::byte> nal) noexcept {
  if (nal.size() < nal_header_bytes(codec)) return NalKind::unregarded;
  const auto first = std::to_integer<unsigned>(nal[0]);
  if (codec == VideoCodec::h264) return h264_kind(first & 0x1f);
  const unsigned layer = (first & 1) << 5 | std::to_integer<unsigned>(nal[1]) >> 3;
  return layer == 0 ? hevc_kind(first >> 1 & 0x3f) : NalKind::unregarded;
}

std::size_t find_start_code(std::span<const std::byte> bytes, std::size_t from) noexcept {
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  const std::size_t size = bytes.size();
  std::size_t i = from;
  while (i + kStartCodeBytes <= size) {
    // Coded data hardly ever has a zero byte: most of it is passed in words.
    std::uint64_t word = 0;
    while (i + sizeof word <= size) {
      std::memcpy(&word, &bytes[i], sizeof word);
      if (has_zero(word)) break;
      i += sizeof word;
    }
    const std::size_t stop = i + sizeof word;
    for (; i < stop && i + kStartCodeBytes <= size; ++i) {
      if (at(i) == 0 && at(i + 1) == 0 && at(i + 2) == 1) return i;
    }
  }
  return size;
}

std::optional<std::span<const std::byte>> NalScanner::next() noexcept {
  while (next_ + kStartCodeBytes <= bytes_.size()) {
    const std::size_t begin = next_ + kStartCodeBytes;
    next_ = find_start_code(bytes_, begin);
    std::size_t end = next_;
    // A unit ends with a one bit, so zeros behind it are padding or the next start code's first.
    while (end > begin && bytes_[end - 1] == std::byte{0}) --end;
    if (end > begin) return bytes_.subspan(begin, end - begin);
  }
  return std::nullopt;
}

}  // namespace vsl
