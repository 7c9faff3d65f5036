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

constexpr mode_t kMode = 0666;  // less the umask

/// Errors: errno of the open. Whether the file is new in `created`.
int open_or_create(const std::string& path, bool& created) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  created = fd >= 0;
  // Without O_CREAT: a file that went away meanwhile is rare, one in a sticky folder is not.
  if (fd < 0 && errno == EEXIST) fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  // A link to nowhere is there for the first call and not for the second.
  if (fd < 0 && errno == ENOENT) fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kMode);
  return fd;
}

}  // namespace

OutputFile::OutputFile(std::string path, int fd, bool created, bool regular)
    : path_(std::move(path)), fd_(fd), created_(created), regular_(regular) {}

OutputFile::OutputFile(OutputFile&& other) noexcept { swap(other); }
OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  OutputFile taken(std::move(other));
  swap(taken);
  return *this;
}

void OutputFile::swap(OutputFile& other) noexcept {
  path_.swap(other.path_);
  std::swap(fd_, other.fd_);
  std::swap(created_, other.created_);
  std::swap(regular_, other.regular_);
  std::swap(begun_, other.begun_);
  std::swap(name_synced_, other.name_synced_);
  std::swap(bytes_, other.bytes_);
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  if (created_ && bytes_ == 0) ::unlink(path_.c_str());
  ::close(fd_);
}

Result<OutputFile> OutputFile::open(const std::string& path) {
  const std::string what = "Failed to create output file " + path;
  bool created = false;
  const int fd = open_or_create(path, created);
  if (fd < 0) return Error::last(what);
  struct stat status {};
  const bool regular = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  OutputFile file(path, fd, created, regular);
  // Not every file system knows locks; where it does, two writers would make rubbish of a file.
  if (regular && ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    file.created_ = false;
    return Error::of(std::errc::device_or_resource_busy, what + ": another process writes it");
  }
  return file;
}

Result<void> OutputFile::begin() {
  if (std::exchange(begun_, true) || !regular_) return {};
  if (::ftruncate(fd_, 0) == 0) return {};
  return Error::last("empty the older file " + path_);
}

// A part of a picture at the end would be damage to whoever plays the file.
Error OutputFile::take_back(int errnum) const {
  if (regular_) [[maybe_unused]]
    const int cut = ::ftruncate(fd_, static_cast<off_t>(bytes_));
  return Error::from_errno(errnum, "Failed to write frame data to " + path_);
}

Result<void> OutputFile::append(std::span<const std::byte> piece) {
  VSL_CHECK(begin());
  for (auto left = piece; !left.empty();) {
    const auto at = static_cast<off_t>(bytes_ + (piece.size() - left.size()));
    const ssize_t written = regular_ ? ::pwrite(fd_, left.data(), left.size(), at)
                                     : ::write(fd_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return take_back(written == 0 ? ENOSPC : errno);
    left = left.subspan(static_cast<std::size_t>(written));
  }
  bytes_ += piece.size();
  return {};
}

Result<void> OutputFile::sync() {
  if (::fdatasync(fd_) != 0 && !has_no_sync(errno)) return Error::last("sync " + path_);
  // The name of a new file is its folder's data.
  if (!std::exchange(name_synced_, true) && created_) sync_folder_of(path_);
  return {};
}

}  // namespace vsl::avformat
