// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/output_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "avformat/disk.hpp"

namespace vsl::avformat {
namespace {

struct Opened {
  Destination where;
  UniqueFd fd;
};

/// Opens what is there, or creates it: never the one in place of the other.
Result<Opened> open_or_create(const std::string& path, const std::string& what) {
  constexpr int kTurns = 16;  // against somebody who creates and removes it all the time
  for (int turn = 0; turn < kTurns; ++turn) {
    VSL_TRY(Destination where, Destination::find(path, Destination::Use::write, what));
    UniqueFd fd = where.occupant() ? where.open(O_WRONLY) : where.create(where.name());
    if (fd) return Opened{std::move(where), std::move(fd)};
    const bool changed = errno == (where.occupant() ? ESTALE : EEXIST);
    if (!changed) break;
  }
  return Error::last(what);
}

}  // namespace

OutputFile::OutputFile(std::string path, Destination where, UniqueFd fd)
    : path_(std::move(path)),
      where_(std::move(where)),
      fd_(std::move(fd)),
      created_(!where_.occupant()) {
  struct stat status {};
  regular_ = ::fstat(fd_.get(), &status) == 0 && S_ISREG(status.st_mode);
}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  if (this == &other) return *this;
  remove_unwritten();
  path_ = std::move(other.path_);
  where_ = std::move(other.where_);
  fd_ = std::move(other.fd_);
  created_ = other.created_;
  regular_ = other.regular_;
  begun_ = other.begun_;
  name_synced_ = other.name_synced_;
  bytes_ = other.bytes_;
  return *this;
}

OutputFile::~OutputFile() { remove_unwritten(); }

void OutputFile::remove_unwritten() noexcept {
  if (fd_ && created_ && bytes_ == 0) ::unlinkat(where_.folder(), where_.name().c_str(), 0);
}

Result<OutputFile> OutputFile::open(const std::string& path) {
  const std::string what = "Failed to create output file " + path;
  VSL_TRY(Opened opened, open_or_create(path, what));
  OutputFile file(path, std::move(opened.where), std::move(opened.fd));
  // Not every file system knows locks; where it does, two writers would make rubbish of a file.
  if (file.regular_ && ::flock(file.fd_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    file.created_ = false;
    return Error::of(std::errc::device_or_resource_busy, what + ": another process writes it");
  }
  return file;
}

Result<void> OutputFile::begin() {
  if (std::exchange(begun_, true) || !regular_) return {};
  if (::ftruncate(fd_.get(), 0) == 0) return {};
  return Error::last("empty the older file " + path_);
}

// A part of a picture at the end would be damage to whoever plays the file.
Error OutputFile::take_back(int errnum) const {
  if (regular_) [[maybe_unused]]
    const int cut = ::ftruncate(fd_.get(), static_cast<off_t>(bytes_));
  return Error::from_errno(errnum, "Failed to write frame data to " + path_);
}

Result<void> OutputFile::append(std::span<const std::byte> piece) {
  VSL_CHECK(begin());
  for (auto left = piece; !left.empty();) {
    const auto at = static_cast<off_t>(bytes_ + (piece.size() - left.size()));
    const ssize_t written = regular_ ? ::pwrite(fd_.get(), left.data(), left.size(), at)
                                     : ::write(fd_.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return take_back(written == 0 ? ENOSPC : errno);
    left = left.subspan(static_cast<std::size_t>(written));
  }
  bytes_ += piece.size();
  return {};
}

Result<void> OutputFile::sync() {
  if (::fdatasync(fd_.get()) != 0 && !has_no_sync(errno)) return Error::last("sync " + path_);
  // The name of a new file is its folder's data.
  if (!std::exchange(name_synced_, true) && created_) where_.sync_folder();
  return {};
}

}  // namespace vsl::avformat
