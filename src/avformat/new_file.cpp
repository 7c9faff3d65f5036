// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/new_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "avformat/disk.hpp"

namespace vsl::avformat {

NewFile::NewFile(std::string path, std::string temporary)
    : path_(std::move(path)), temporary_(std::move(temporary)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})) {}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<NewFile> NewFile::create(const std::string& path) {
  const std::string what = "Failed to create output file " + path;
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return Error::of(std::errc::invalid_argument, what + " (it is there and no regular file)");
  }
  // O_EXCL: nobody else's file, no link to elsewhere. The mode is what the umask leaves.
  const std::string temporary = path + ".part-" + std::to_string(::getpid());
  ::unlink(temporary.c_str());  // of a process that had our number and was killed
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return Error::last(what);
  ::close(fd);
  return NewFile(path, temporary);
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
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return Error::last("give the output file its name " + path_);
  }
  sync_folder_of(path_);
  temporary_.clear();
  return {};
}

}  // namespace vsl::avformat
