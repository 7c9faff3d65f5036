// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "avformat/recording_file.hpp"
#include "base/mutex.hpp"

namespace vsl::avformat {

/// A file that a picture begins.
struct FileToBegin {
  std::string path;
  std::optional<OutputFile> open;  ///< else it is opened when its turn comes
  bool mp4 = false;
  VideoTrack track;
  std::int64_t origin_ns = 0;  ///< time 0 of the file
};

/// A picture on its way to the disk.
struct QueuedPicture {
  std::unique_ptr<FileToBegin> begins;  ///< the file before ends with the picture before
  std::vector<std::byte> bytes;         ///< Annex B
  std::int64_t pts_ns = 0, dts_ns = 0;  ///< dts_ns grows
  bool key = false;
};

/// How much may wait.
struct QueueLimits {
  std::uint64_t bytes = 0;
  std::int64_t time_ns = 0;  ///< from the oldest picture to the newest
};

/// What is in the files, and what waits to be.
struct WriterState {
  std::uint64_t files = 0, pictures = 0, key_frames = 0, bytes = 0;
  std::int64_t duration_ns = 0;  ///< of what can be seen, all files
  std::uint64_t queued = 0, queued_bytes = 0, most_queued_bytes = 0;
};

/// Writes pictures into files in a thread of its own, so that a disk that takes its time costs the
/// caller none. The caller asks has_room() before each picture: nothing here is ever thrown away
/// but after a failure. Used by one thread.
class RecordingWriter {
 public:
  /// `sync_every`: pictures between two syncs; 0 = the system decides.
  RecordingWriter(QueueLimits limits, std::uint64_t sync_every);
  RecordingWriter(const RecordingWriter&) = delete;
  RecordingWriter& operator=(const RecordingWriter&) = delete;
  /// Ends without what still waits, unless finish() was called.
  ~RecordingWriter();

  /// Errors: resource_unavailable_try_again (no thread to be had).
  Result<void> start();
  /// Whether a picture fits. One that is larger than the limit fits when nothing else waits.
  bool has_room(std::size_t bytes, std::int64_t dts_ns) const;
  /// Whether less than half of the limits is in use: a good time to begin again.
  bool is_half_empty() const;
  /// Blocks until has_room(), or nothing is written any more.
  void wait_for_room(std::size_t bytes, std::int64_t dts_ns);
  /// Does not wait for the disk. Errors: of an earlier picture (open, write, sync); told once,
  /// nothing is written any more. The files stay playable.
  Result<void> push(QueuedPicture picture);
  /// The same failure, without a picture.
  Result<void> check();
  /// Writes all that waits and ends the file. Errors: as of push(), if they were not told.
  Result<void> finish();
  WriterState state() const;

 private:
  void run();
  Result<void> write(QueuedPicture& picture);
  Result<void> begin_file(FileToBegin& begin);
  Result<void> end_file();
  Result<void> sync_when_due();
  void count_written();
  std::optional<QueuedPicture> next() VSL_EXCLUDES(mutex_);
  void settle(std::size_t bytes, Result<void> written) VSL_EXCLUDES(mutex_);
  bool fits_locked(std::size_t bytes, std::int64_t dts_ns) const VSL_REQUIRES(mutex_);
  Result<void> take_failure_locked() VSL_REQUIRES(mutex_);

  struct Shown {  // a picture of the file: a muxer may hold it for a while
    std::int64_t end_ns = 0;
    bool key = false;
  };

  const QueueLimits limits_;
  const std::uint64_t sync_every_;

  // The thread's own.
  std::unique_ptr<RecordingFile> file_;
  std::deque<Shown> held_;  // pictures that are not in the file yet
  std::int64_t origin_ns_ = 0, picture_ns_ = 0;
  std::uint64_t file_pictures_ = 0, since_sync_ = 0;
  WriterState done_;                           // but for what is queued
  std::uint64_t earlier_bytes_ = 0;            // of the files before
  std::int64_t earlier_ns_ = 0, file_ns_ = 0;  // shown by the files before, and by this one

  mutable Mutex mutex_;  // leaf: nothing is locked and no file touched under it
  std::condition_variable_any changed_;
  std::deque<QueuedPicture> queue_ VSL_GUARDED_BY(mutex_);
  bool ending_ VSL_GUARDED_BY(mutex_) = false;
  bool failed_ VSL_GUARDED_BY(mutex_) = false;
  Result<void> failure_ VSL_GUARDED_BY(mutex_);  // until it is told
  WriterState state_ VSL_GUARDED_BY(mutex_);
  std::int64_t oldest_dts_ns_ VSL_GUARDED_BY(mutex_) = 0;  // of what is being written or waits
  std::thread thread_;
};

}  // namespace vsl::avformat
