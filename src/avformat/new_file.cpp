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
namespace {

std::string path_of(const UniqueFd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

std::string attempt(const std::string& path) { return "Failed to create output file " + path; }

}  // namespace

NewFile::NewFile(const std::string& path, Destination where)
    : path_(path),
      where_(std::move(where)),
      draft_(where_.name() + ".part-" + std::to_string(::getpid())) {}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      where_(std::move(other.where_)),
      temporary_(std::move(other.temporary_)),
      draft_(std::move(other.draft_)),
      has_draft_(std::exchange(other.has_draft_, false)),
      fd_(std::move(other.fd_)),
      older_(std::move(other.older_)) {}

NewFile::~NewFile() {
  if (has_draft_) remove_draft();
}

void NewFile::remove_draft() { ::unlinkat(where_.folder(), draft_.c_str(), 0); }

Result<NewFile> NewFile::create(const std::string& path) {
  VSL_TRY(Destination where, Destination::find(path, Destination::Use::replace, attempt(path)));
  return create(path, std::move(where));
}

Result<NewFile> NewFile::create(const std::string& path, Destination where) {
  if (where.occupant() && S_ISDIR(where.occupant()->st_mode)) {
    return Error::of(std::errc::is_a_directory, attempt(path));
  }
  if (where.occupant() && !S_ISREG(where.occupant()->st_mode)) {
    return Error::of(std::errc::invalid_seek, attempt(path) +
                                                  " (a pipe or device; what is written " +
                                                  "here is put in place when it is whole)");
  }
  NewFile file(path, std::move(where));
  VSL_CHECK(file.claim());
  if (!file.begin_unnamed() && !file.begin_named()) return Error::last(attempt(path));
  return file;
}

// Goes with the process. Without /proc there is no way to open it again or to name it.
bool NewFile::begin_unnamed() {
  fd_ = where_.create_unnamed();
  temporary_ = path_of(fd_);
  return fd_ && ::access(temporary_.c_str(), F_OK) == 0;
}

bool NewFile::begin_named() {
  temporary_ = where_.path_of(draft_);
  remove_draft();  // of a process that had our number and was killed
  fd_ = where_.create(draft_);
  has_draft_ = static_cast<bool>(fd_);
  return has_draft_;
}

std::string NewFile::path_for_others() const {
  if (has_draft_) return temporary_;
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_.get());
}

// OutputFile holds the same lock: what is being recorded would lose its name. Not every file system
// knows locks, and a file that only its folder lets us replace cannot be opened.
Result<void> NewFile::claim() {
  if (older_ || !where_.occupant()) return {};
  UniqueFd older = where_.open(O_RDONLY | O_NONBLOCK);
  if (older && ::flock(older.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Error::of(std::errc::device_or_resource_busy,
                     attempt(path_) + ": another process writes it");
  }
  older_ = std::move(older);
  return {};
}

// Who may read the file should not change with what is in it. A group that we cannot give it gets
// no more than everybody has.
void NewFile::take_rights_of_older() const {
  if (!where_.occupant() || !S_ISREG(where_.occupant()->st_mode)) return;
  const struct stat& older = *where_.occupant();
  struct stat own {};
  if (::fchown(fd_.get(), older.st_uid, older.st_gid) != 0) {
    (void)!::fchown(fd_.get(), static_cast<uid_t>(-1), older.st_gid);
  }
  mode_t mode = older.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
  const bool same_group = ::fstat(fd_.get(), &own) == 0 && own.st_gid == older.st_gid;
  if (!same_group) mode &= ~mode_t{S_IRWXG} | (mode & S_IRWXO) << 3;
  (void)!::fchmod(fd_.get(), mode);
}

bool NewFile::link_as(const std::string& name) const {
  return ::linkat(AT_FDCWD, temporary_.c_str(), where_.folder(), name.c_str(), AT_SYMLINK_FOLLOW) ==
         0;
}

// Only a rename replaces an older file, and only what has a name can be renamed.
Result<void> NewFile::take_name() {
  const std::string what = "give the output file its name " + path_;
  if (!has_draft_) {
    if (link_as(where_.name())) return {};
    if (errno != EEXIST) return Error::last(what);
    remove_draft();
    has_draft_ = link_as(draft_);
    if (!has_draft_) return Error::last(what);
  }
  if (::renameat(where_.folder(), draft_.c_str(), where_.folder(), where_.name().c_str()) != 0) {
    return Error::last(what);
  }
  has_draft_ = false;
  return {};
}

Result<void> NewFile::commit() {
  VSL_CHECK(where_.look(attempt(path_)));
  VSL_CHECK(claim());  // a file that was not there when we began
  take_rights_of_older();
  // The bytes before the name: else a power cut leaves an empty file where an older, whole one was.
  if (::fsync(fd_.get()) != 0 && !has_no_sync(errno)) {
    return Error::last("bring to the disk " + path_);
  }
  VSL_CHECK(take_name());
  where_.sync_folder();
  return {};
}

}  // namespace vsl::avformat
