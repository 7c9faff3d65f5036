// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "avformat/elementary_stream.hpp"
#include "avformat/recording_file.hpp"
#include "media/sequence_info.hpp"

namespace vsl::avformat {

struct RecorderOptions {
  std::string path;
  bool mp4 = false;         ///< else Annex B
  bool faststart = false;   ///< an MP4 file is made a plain one with its index in front at the end
  PictureRate rate{30, 1};  ///< nominal; stamps decide
  std::uint64_t sync_every = 0;  ///< pictures between two syncs; 0 = the system decides
  /// A new file begins at the first key frame after so much; 0 = not for this reason.
  std::int64_t segment_ns = 0;
  std::uint64_t segment_bytes = 0, segment_keys = 0;

  /// Pictures wait in memory for a disk that takes its time, so many bytes and so long. What comes
  /// when no more may wait is left out up to the next key frame, or waited with.
  std::uint64_t queue_bytes = 64 << 20;
  std::int64_t queue_ns = 10'000'000'000;
  bool wait_for_disk = false;

  bool has_segments() const { return segment_ns > 0 || segment_bytes > 0 || segment_keys > 0; }
};

/// A coded frame as it comes from an encoder or a bus.
struct CodedPicture {
  VideoCodec codec = VideoCodec::h264;
  std::span<const std::byte> bytes;     ///< Annex B: one access unit, or parameter sets alone
  std::int64_t pts_ns = 0, dts_ns = 0;  ///< on one clock for the whole recording; dts grows
};

/// What became of a coded picture.
enum class Fate : std::uint8_t {
  recorded,  ///< it is in a file, or waits for the disk
  kept,      ///< it is none: parameter sets for the next
  skipped,   ///< before the first key frame, or after a loss; or it is rubbish
  dropped,   ///< no more may wait for the disk, or its references were dropped
};

/// What a Recorder has done.
struct Recorded {
  std::vector<std::string> files;
  std::uint64_t pictures = 0, key_frames = 0, bytes = 0;              ///< those that wait included
  std::uint64_t skipped = 0, dropped = 0;                             ///< see Fate
  std::uint64_t queued = 0, queued_bytes = 0, most_queued_bytes = 0;  ///< wait for the disk
  std::int64_t duration_ns = 0;  ///< of what can be seen, all files
  VideoCodec codec = VideoCodec::h264;
  SequenceInfo sequence;  ///< of the newest file
};

/// From coded pictures to files. Each file begins at a key frame with its parameter sets; other
/// sizes or another codec begin another file. A thread of its own does what touches the disk.
/// Thread-confined.
class Recorder {
 public:
  /// Opens the first file, so that what is wrong with it is known before anything else is begun.
  /// Errors: those of OutputFile::open.
  static Result<Recorder> create(const RecorderOptions& options);
  Recorder(Recorder&&) noexcept;
  Recorder& operator=(Recorder&&) noexcept;
  ~Recorder();

  /// The nominal rate, before the first picture; stamps decide.
  void set_rate(PictureRate rate);
  /// Does not wait for the disk, unless that was asked for.
  /// Errors: those of OutputFile::open and append, for this picture or an earlier one;
  /// illegal_byte_sequence (parameter sets that nobody could read). What was written before stays
  /// whole, and finish() still wants to be called.
  Result<Fate> write(const CodedPicture& picture);
  /// Errors: as above, of an earlier picture, told once.
  Result<void> check();
  /// Whether a picture of that time should be a key frame: the next file begins with it, or the
  /// disk has caught up.
  bool wants_key_frame(std::int64_t pts_ns) const;
  /// Pictures are missing before the next one: goes on at a key frame.
  void lost_pictures();
  /// Writes what waits, ends the file, and makes plain MP4 files of all if that was asked for.
  /// Errors: of writing, unless they were told; the files stay playable.
  Result<void> finish();
  /// As it is now; after finish(), and after a failure, what is in the files alone.
  Recorded recorded() const;

 private:
  struct Impl;
  explicit Recorder(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// The name of a recording's file `number`, counted from 1: clip-00002.mp4.
std::string segment_path(const std::string& path, std::uint64_t number);

/// Rewrites an MP4 file with its index in front, in place; the old one stays until the new is
/// whole. Errors: errno of the files; not_supported.
Result<void> make_faststart(const std::string& path);

}  // namespace vsl::avformat
