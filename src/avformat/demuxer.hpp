// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "videostream/result.hpp"

struct AVPacket;
struct AVCodecParameters;

namespace vsl::avformat {

/// What a decoder and a clock need to know about the video in a file.
struct VideoStream {
  const AVCodecParameters* parameters = nullptr;  ///< borrowed from the Demuxer
  std::uint32_t width_px = 0, height_px = 0;
  int time_base_numerator = 1, time_base_denominator = 1;    ///< of packet and frame stamps, s
  int frame_rate_numerator = 0, frame_rate_denominator = 1;  ///< 0: the file does not say
};

/// Reads the best video stream of a file, packet by packet. Thread-confined.
class Demuxer {
 public:
  /// Errors: errno of the open; not_supported (nothing FFmpeg knows, or no video in it).
  static Result<Demuxer> open(const std::string& path);
  Demuxer(Demuxer&&) noexcept;
  Demuxer& operator=(Demuxer&&) noexcept;
  ~Demuxer();

  const VideoStream& video() const noexcept;
  /// The next packet of the video, valid until the next call; nullptr at the end of the file.
  /// Errors: errno of the read; bad_message (the file is cut off).
  Result<const AVPacket*> read();

 private:
  struct Impl;
  explicit Demuxer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl::avformat
