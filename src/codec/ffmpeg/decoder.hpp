// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "videostream/frame_info.hpp"
#include "videostream/result.hpp"

struct AVPacket;
struct AVCodecParameters;

namespace vsl::codec {

/// A decoded picture, in the decoder's memory until its next call.
struct DecodedPicture {
  Fourcc fourcc;
  std::uint32_t width_px = 0, height_px = 0;
  std::array<const std::uint8_t*, kMaxPlanes> planes{};
  std::array<int, kMaxPlanes> strides_bytes{};
  std::optional<std::int64_t> stamp;  ///< in the time base of its packets
  Colorimetry color;
};

/// Decodes packets in software, with as many threads as there are processors. Thread-confined.
class FfmpegDecoder {
 public:
  /// Errors: not_supported (a codec that FFmpeg does not know or was built without); bad_message
  ///         (what is said of the video cannot be); or what opening it said.
  static Result<FfmpegDecoder> create(const AVCodecParameters& parameters);
  FfmpegDecoder(FfmpegDecoder&&) noexcept;
  FfmpegDecoder& operator=(FfmpegDecoder&&) noexcept;
  ~FfmpegDecoder();

  /// Feeds one packet; nullptr says there will be no more. A damaged packet is no error: it is
  /// counted, and the next good one decodes. Call only after receive() had nothing.
  Result<void> send(const AVPacket* packet);
  /// The next picture in display order; nothing when it wants another packet, or at the end.
  Result<std::optional<DecodedPicture>> receive();
  /// FFmpeg's name of the codec.
  const std::string& name() const noexcept;
  /// Packets that failed, and pictures that came out with flaws.
  std::uint64_t damaged_packets() const noexcept;

 private:
  struct Impl;
  explicit FfmpegDecoder(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl::codec
