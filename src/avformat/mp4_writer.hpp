// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "media/nal.hpp"
#include "media/sequence_info.hpp"
#include "videostream/result.hpp"

namespace vsl::avformat {

/// What the one track of an MP4 file is made of.
struct VideoTrack {
  VideoCodec codec = VideoCodec::h264;
  SequenceInfo sequence;
  std::vector<std::byte> parameter_sets;  ///< Annex B: those that decoding begins with
  bool sets_change = false;               ///< the stream brings others later
  std::uint32_t rate_numerator = 30, rate_denominator = 1;  ///< pictures a second
};

/// One access unit. Times are counted in pictures: 1 = rate_denominator / rate_numerator seconds.
struct Sample {
  std::span<const std::byte> bytes;  ///< Annex B
  std::int64_t decoded = 0, shown = 0;
  bool key = false;
};

/// Writes one video track to an MP4 file with the index in front, so that it can be played while it
/// is loaded. The muxer is FFmpeg's. Thread-confined.
class Mp4Writer {
 public:
  /// Writes to `path`, which is there and empty. Errors: errno of the file; not_supported (FFmpeg's
  /// muxer refuses the stream).
  static Result<Mp4Writer> open(const std::string& path, const VideoTrack& track);
  Mp4Writer(Mp4Writer&&) noexcept;
  Mp4Writer& operator=(Mp4Writer&&) noexcept;
  ~Mp4Writer();

  /// In the order of `decoded`. Errors: errno of the write (disk full).
  Result<void> write(const Sample& sample);
  /// The index; nothing can be written afterwards. Errors: errno of the write.
  Result<void> finish();

 private:
  struct Impl;
  explicit Mp4Writer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl::avformat
