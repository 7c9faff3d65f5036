// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "media/video_codec.hpp"

namespace vsl {

/// What a NAL unit is to somebody who cuts, stores and decodes streams.
enum class NalKind : std::uint8_t {
  slice,      ///< of a picture that needs others
  key_slice,  ///< of a picture at which decoding can start: IDR; for HEVC any IRAP
  vps,
  sps,
  pps,
  delimiter,
  sei,         ///< before the slices of a picture
  suffix,      ///< after them: HEVC suffix SEI, H.264 auxiliary slices, filler, end of sequence
  prefix,      ///< another unit that can only begin an access unit
  unregarded,  ///< of a layer or an extension that a base decoder ignores
};

/// The kind of a NAL unit, given without its start code. Empty bytes are unregarded.
NalKind nal_kind(VideoCodec codec, std::span<const std::byte> nal) noexcept;

/// Bytes of the header in front of a unit's payload.
constexpr std::size_t nal_header_bytes(VideoCodec codec) {
  return codec == VideoCodec::h264 ? 1 : 2;
}

/// Where the next start code 00 00 01 begins, at `from` or behind; bytes.size() if there is none.
std::size_t find_start_code(std::span<const std::byte> bytes, std::size_t from) noexcept;
inline constexpr std::size_t kStartCodeBytes = 3;

/// Walks over the NAL units of bytes that are all there. Copies and allocates nothing.
/// Source: Rec. ITU-T H.264 Annex B, H.265 Annex B.
class NalScanner {
 public:
  explicit NalScanner(std::span<const std::byte> annex_b) noexcept
      : bytes_(annex_b), next_(find_start_code(annex_b, 0)) {}

  /// The next unit without start code and trailing zeros, never empty; nothing at the end.
  std::optional<std::span<const std::byte>> next() noexcept;

 private:
  std::span<const std::byte> bytes_;
  std::size_t next_;  // where the start code of the next unit begins
};

}  // namespace vsl
