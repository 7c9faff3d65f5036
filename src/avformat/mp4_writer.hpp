// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "avformat/mp4_track.hpp"
#include "avformat/new_file.hpp"
#include "videostream/result.hpp"

namespace vsl::avformat {

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
  /// `file` is empty and outlives the writer. Errors: errno of the file; not_supported (FFmpeg's
  /// muxer refuses the stream).
  static Result<Mp4Writer> open(const NewFile& file, const VideoTrack& track);
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
