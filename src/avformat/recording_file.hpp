// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "avformat/mp4_track.hpp"
#include "avformat/output_file.hpp"
#include "videostream/result.hpp"

namespace vsl::avformat {

/// One access unit on its way into a file.
struct TimedPicture {
  std::span<const std::byte> bytes;     ///< Annex B
  std::int64_t pts_ns = 0, dts_ns = 0;  ///< from the first picture of the file; dts may be below 0
  bool key = false;
};

/// A file that can be played up to the picture that was written last, whatever happens to the
/// process. The first picture is a key frame with its parameter sets. Thread-confined.
class RecordingFile {
 public:
  virtual ~RecordingFile() = default;
  /// In decoding order. Errors: those of OutputFile::append; what was written before stays whole.
  virtual Result<void> write(const TimedPicture& picture) = 0;
  /// Writes what is still held, unless a write failed before. Errors: as above.
  virtual Result<void> finish() = 0;
  /// Every picture so far survives a power cut. Errors: those of OutputFile::append and sync.
  virtual Result<void> sync() = 0;
  virtual std::uint64_t bytes() const = 0;
  /// Pictures that are in the file, rather than held.
  virtual std::uint64_t pictures() const = 0;
};

/// Pictures one after the other.
std::unique_ptr<RecordingFile> record_annex_b(OutputFile file);

/// A fragmented MP4 file: the header with the first picture, then a fragment for each picture of
/// the first half second, for each group of pictures, or half a second, whichever ends first.
/// Errors: not_supported (FFmpeg's muxer refuses the track).
Result<std::unique_ptr<RecordingFile>> record_mp4(OutputFile file, const VideoTrack& track);

}  // namespace vsl::avformat
