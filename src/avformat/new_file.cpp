// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/new_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "avformat/disk.hpp"

namespace vsl::avformat {

NewFile::NewFile(std::string path) : path_(std::move(path)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      older_fd_(std::exchange(other.older_fd_, -1)) {}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  if (older_fd_ >= 0) ::close(older_fd_);
}

Result<NewFile> NewFile::create(const std::string& path) {
  const std::string what = "Failed to create output file " + path;
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return Error::of(std::errc::invalid_argument, what + " (it is there and no regular file)");
  }
  NewFile file(path);
  VSL_CHECK(file.claim());
  // O_EXCL: nobody else's file, no link to elsewhere. The mode is what the umask leaves.
  const std::string temporary = path + ".part-" + std::to_string(::getpid());
  ::unlink(temporary.c_str());  // of a process that had our number and was killed
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return Error::last(what);
  ::close(fd);
  file.temporary_ = temporary;
  return file;
}

// OutputFile holds the same lock: what is being recorded would lose its name. Not every file system
// knows locks, and a file that only its folder lets us replace cannot be opened.
Result<void> NewFile::claim() {
  if (older_fd_ >= 0) return {};
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(fd);
    return Error::of(std::errc::device_or_resource_busy,
                     "Failed to create output file " + path_ + ": another process writes it");
  }
  older_fd_ = fd;
  return {};
}

// The bytes before the name: else a power cut leaves an empty file where an older, whole one was.
Result<void> NewFile::sync() const {
  const int fd = ::open(temporary_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error::last("bring the output file to the disk: " + temporary_);
  Result<void> synced;
  if (::fsync(fd) != 0 && !has_no_sync(errno)) synced = Error::last("bring to the disk " + path_);
  ::close(fd);
  return synced;
}

Result<void> NewFile::commit() {
  VSL_CHECK(sync());
  VSL_CHECK(claim());  // a file that was not there when we began
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return Error::last("give the output file its name " + path_);
  }
  sync_folder_of(path_);
  temporary_.clear();
  return {};
}

}  // namespace vsl::avformat
