// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/new_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "avformat/disk.hpp"

namespace vsl::avformat {
namespace {

constexpr mode_t kMode = 0666;  // less the umask

// Also when nothing is there yet: renaming would replace the link.
std::string where_leads(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the kernel follows
  std::filesystem::path target = path;
  std::error_code ignored;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(target, ignored); ++i) {
    target = target.parent_path() / std::filesystem::read_symlink(target, ignored);
  }
  return target.string();
}

}  // namespace

NewFile::NewFile(const std::string& path)
    : path_(path),
      target_(where_leads(path)),
      draft_(target_ + ".part-" + std::to_string(::getpid())) {}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      temporary_(std::move(other.temporary_)),
      draft_(std::move(other.draft_)),
      has_draft_(std::exchange(other.has_draft_, false)),
      fd_(std::exchange(other.fd_, -1)),
      older_fd_(std::exchange(other.older_fd_, -1)) {}

NewFile::~NewFile() {
  if (has_draft_) ::unlink(draft_.c_str());
  if (fd_ >= 0) ::close(fd_);
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
  if (!file.begin_unnamed() && !file.begin_named()) return Error::last(what);
  return file;
}

// Goes with the process. Without /proc there is no way to open it again or to name it.
bool NewFile::begin_unnamed() {
  fd_ = ::open(folder_of(target_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, kMode);
  temporary_ = "/proc/self/fd/" + std::to_string(fd_);
  if (fd_ >= 0 && ::access(temporary_.c_str(), F_OK) == 0) return true;
  if (fd_ >= 0) ::close(fd_);
  return false;
}

// O_EXCL: nobody else's file, no link to elsewhere.
bool NewFile::begin_named() {
  temporary_ = draft_;
  ::unlink(draft_.c_str());  // of a process that had our number and was killed
  fd_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  has_draft_ = fd_ >= 0;
  return has_draft_;
}

// OutputFile holds the same lock: what is being recorded would lose its name. Not every file system
// knows locks, and a file that only its folder lets us replace cannot be opened.
Result<void> NewFile::claim() {
  if (older_fd_ >= 0) return {};
  const int fd = ::open(target_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(fd);
    return Error::of(std::errc::device_or_resource_busy,
                     "Failed to create output file " + path_ + ": another process writes it");
  }
  older_fd_ = fd;
  return {};
}

bool NewFile::link_as(const std::string& name) const {
  return ::linkat(AT_FDCWD, temporary_.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

// Only a rename replaces an older file, and only what has a name can be renamed.
Result<void> NewFile::take_name() {
  const std::string what = "give the output file its name " + path_;
  if (!has_draft_) {
    if (link_as(target_)) return {};
    if (errno != EEXIST) return Error::last(what);
    ::unlink(draft_.c_str());
    has_draft_ = link_as(draft_);
    if (!has_draft_) return Error::last(what);
  }
  if (std::rename(draft_.c_str(), target_.c_str()) != 0) return Error::last(what);
  has_draft_ = false;
  return {};
}

Result<void> NewFile::commit() {
  // The bytes before the name: else a power cut leaves an empty file where an older, whole one was.
  if (::fsync(fd_) != 0 && !has_no_sync(errno)) return Error::last("bring to the disk " + path_);
  VSL_CHECK(claim());  // a file that was not there when we began
  VSL_CHECK(take_name());
  sync_folder_of(target_);
  return {};
}

}  // namespace vsl::avformat
