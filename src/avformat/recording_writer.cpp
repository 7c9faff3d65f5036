// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/recording_writer.hpp"

#include <algorithm>
#include <csignal>
#include <system_error>
#include <utility>

namespace vsl::avformat {

RecordingWriter::RecordingWriter(QueueLimits limits, std::uint64_t sync_every)
    : limits_(limits), sync_every_(sync_every) {}

RecordingWriter::~RecordingWriter() {
  {
    const MutexLock lock(mutex_);
    queue_.clear();
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// Signals are for the thread that looks at what they say.
Result<void> RecordingWriter::start() {
  sigset_t all{}, before{};
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<void> started;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    started = Error{error.code(), "start a thread that writes the recording"};
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

bool RecordingWriter::fits_locked(std::size_t bytes, std::int64_t dts_ns) const {
  if (failed_ || state_.queued == 0) return true;
  return state_.queued_bytes + bytes <= limits_.bytes && dts_ns - oldest_dts_ns_ < limits_.time_ns;
}

bool RecordingWriter::has_room(std::size_t bytes, std::int64_t dts_ns) const {
  const MutexLock lock(mutex_);
  return fits_locked(bytes, dts_ns);
}

bool RecordingWriter::is_half_empty() const {
  const MutexLock lock(mutex_);
  if (failed_ || state_.queued == 0) return true;
  const std::int64_t newest_ns = queue_.empty() ? oldest_dts_ns_ : queue_.back().dts_ns;
  return state_.queued_bytes < limits_.bytes / 2 &&
         newest_ns - oldest_dts_ns_ < limits_.time_ns / 2;
}

void RecordingWriter::wait_for_room(std::size_t bytes, std::int64_t dts_ns) {
  const MutexLock lock(mutex_);
  while (!fits_locked(bytes, dts_ns)) changed_.wait(mutex_);
}

Result<void> RecordingWriter::take_failure_locked() { return std::exchange(failure_, {}); }

Result<void> RecordingWriter::check() {
  const MutexLock lock(mutex_);
  return take_failure_locked();
}

Result<void> RecordingWriter::push(QueuedPicture picture) {
  {
    const MutexLock lock(mutex_);
    VSL_CHECK(take_failure_locked());
    if (failed_) return {};
    if (state_.queued == 0) oldest_dts_ns_ = picture.dts_ns;
    ++state_.queued;
    state_.queued_bytes += picture.bytes.size();
    state_.most_queued_bytes = std::max(state_.most_queued_bytes, state_.queued_bytes);
    queue_.push_back(std::move(picture));
  }
  changed_.notify_all();
  return {};
}

Result<void> RecordingWriter::finish() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  return check();
}

WriterState RecordingWriter::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

std::optional<QueuedPicture> RecordingWriter::next() {
  const MutexLock lock(mutex_);
  while (queue_.empty() && !ending_) changed_.wait(mutex_);
  if (queue_.empty()) return std::nullopt;
  QueuedPicture picture = std::move(queue_.front());
  queue_.pop_front();
  return picture;
}

// What was being written counts as waiting until here: its memory is in use.
void RecordingWriter::settle(std::size_t bytes, Result<void> written) {
  {
    const MutexLock lock(mutex_);
    if (!written && !failed_) {
      failed_ = true;
      failure_ = std::move(written);
      queue_.clear();
    }
    WriterState state = done_;
    state.queued = queue_.size();
    state.queued_bytes = failed_ ? 0 : state_.queued_bytes - bytes;
    state.most_queued_bytes = state_.most_queued_bytes;
    state_ = state;
    if (!queue_.empty()) oldest_dts_ns_ = queue_.front().dts_ns;
  }
  changed_.notify_all();
}

void RecordingWriter::run() {
  while (auto picture = next()) {
    Result<void> written = write(*picture);
    settle(picture->bytes.size(), std::move(written));
  }
  settle(0, end_file());
}

Result<void> RecordingWriter::write(QueuedPicture& picture) {
  if (picture.begins != nullptr) VSL_CHECK(begin_file(*picture.begins));
  const std::int64_t shown_ns = picture.pts_ns - origin_ns_;
  held_.push_back({shown_ns + picture_ns_, picture.key});
  Result<void> written =
      file_->write({picture.bytes, shown_ns, picture.dts_ns - origin_ns_, picture.key});
  count_written();
  if (!written) return written;
  ++since_sync_;
  return sync_when_due();
}

void RecordingWriter::count_written() {
  for (; file_pictures_ < file_->pictures() && !held_.empty(); ++file_pictures_) {
    done_.files += file_pictures_ == 0 ? 1 : 0;
    ++done_.pictures;
    done_.key_frames += held_.front().key ? 1 : 0;
    file_ns_ = std::max(file_ns_, held_.front().end_ns);
    held_.pop_front();
  }
  done_.bytes = earlier_bytes_ + file_->bytes();
  done_.duration_ns = earlier_ns_ + file_ns_;
}

Result<void> RecordingWriter::begin_file(FileToBegin& begin) {
  VSL_CHECK(end_file());
  if (!begin.open) {
    VSL_TRY(begin.open, OutputFile::open(begin.path));
  }
  const VideoTrack& track = begin.track;
  picture_ns_ =
      1'000'000'000LL * track.rate_denominator / std::max(std::uint32_t{1}, track.rate_numerator);
  origin_ns_ = begin.origin_ns;
  if (begin.mp4) {
    VSL_TRY(file_, record_mp4(std::move(*begin.open), track));
  } else {
    file_ = record_annex_b(std::move(*begin.open));
  }
  return {};
}

// Whatever failed before, what a muxer holds goes into the file if it still can.
Result<void> RecordingWriter::end_file() {
  if (file_ == nullptr) return {};
  Result<void> finished = file_->finish();
  count_written();
  if (finished && sync_every_ > 0) finished = file_->sync();
  earlier_bytes_ += file_->bytes();
  earlier_ns_ += std::exchange(file_ns_, 0);
  file_pictures_ = 0;
  held_.clear();
  file_.reset();
  return finished;
}

Result<void> RecordingWriter::sync_when_due() {
  if (sync_every_ == 0 || since_sync_ < sync_every_) return {};
  since_sync_ = 0;
  Result<void> synced = file_->sync();
  count_written();
  return synced;
}

}  // namespace vsl::avformat
