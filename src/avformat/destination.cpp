// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/destination.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

namespace vsl::avformat {
namespace {

constexpr mode_t kMode = 0666;  // less the umask
constexpr int kMostLinks = 40;  // as the kernel follows
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

// Source: fs/namei.c, may_follow_link() and may_create_in_sticky(). Root is no exception there.
bool counts(const struct stat& entry, const struct stat& folder) {
  constexpr mode_t kAnybodys = S_ISVTX | S_IWOTH;
  return (folder.st_mode & kAnybodys) != kAnybodys || entry.st_uid == ::geteuid() ||
         entry.st_uid == folder.st_uid;
}

bool is_of_proc(int folder) {
  struct statfs system {};
  return ::fstatfs(folder, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

}  // namespace

/// The way to a destination, a part of the path at a time.
class Destination::Walk {
 public:
  Walk(const std::string& path, Use use, const std::string& what)
      : rest_(path), use_(use), what_(what) {}

  Result<Destination> run() {
    if (rest_.empty()) return Error::of(std::errc::no_such_file_or_directory, what_);
    VSL_CHECK(start());
    while (!arrived_) VSL_CHECK(step());
    return std::move(found_);
  }

 private:
  Error failed() const { return Error::last(what_); }

  Result<void> start() {
    const bool absolute = rest_.front() == '/';
    found_.folder_ = UniqueFd(::open(absolute ? "/" : ".", kFolderFlags));
    found_.folder_path_ = absolute ? "/" : "";
    return found_.folder_ ? Result<void>() : failed();
  }

  Result<void> step() {
    const std::string part = next_part();
    const bool last = rest_.empty();
    if (part.empty() || part == "." || part == "..") {
      if (last) return Error::of(std::errc::is_a_directory, what_);
      return part == ".." ? enter(part) : Result<void>();
    }
    const UniqueFd entry(::openat(found_.folder(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!entry && (errno != ENOENT || !last)) return failed();
    if (!entry) return arrive(part, std::nullopt);
    struct stat status {};
    if (::fstat(entry.get(), &status) != 0) return failed();
    const bool link = S_ISLNK(status.st_mode);
    if (link || last) VSL_CHECK(found_.check_owner(status, what_));
    if (link) return follow(entry.get(), part, last);
    return last ? arrive(part, status) : enter(part);
  }

  // Slashes at the end belong to the last part, which is a folder then.
  std::string next_part() {
    rest_.erase(0, rest_.find_first_not_of('/'));
    const std::size_t end = std::min(rest_.find('/'), rest_.size());
    std::string part = rest_.substr(0, end);
    rest_.erase(0, end);
    return part;
  }

  Result<void> enter(const std::string& part) {
    UniqueFd folder(::openat(found_.folder(), part.c_str(), kFolderFlags));
    if (!folder) return failed();
    found_.folder_ = std::move(folder);
    found_.folder_path_ += part + "/";
    return {};
  }

  Result<void> follow(int link, const std::string& part, bool last) {
    if (++links_ > kMostLinks) {
      return Error::of(std::errc::too_many_symbolic_link_levels, what_);
    }
    if (is_of_proc(found_.folder())) {
      struct stat there {};
      if (!last) return enter(part);
      if (::fstatat(found_.folder(), part.c_str(), &there, 0) != 0) return failed();
      if (use_ == Use::write || !S_ISREG(there.st_mode)) {
        found_.by_kernel_ = true;
        return arrive(part, there);
      }
    }
    std::array<char, PATH_MAX> text{};
    const ssize_t length = ::readlinkat(link, "", text.data(), text.size());
    if (length <= 0 || length == static_cast<ssize_t>(text.size())) return failed();
    rest_.insert(0, text.data(), static_cast<std::size_t>(length));
    return rest_.front() == '/' ? start() : Result<void>();
  }

  Result<void> arrive(const std::string& part, const std::optional<struct stat>& occupant) {
    found_.name_ = part;
    found_.occupant_ = occupant;
    arrived_ = true;
    return {};
  }

  std::string rest_;
  Use use_;
  const std::string& what_;
  Destination found_;
  int links_ = 0;
  bool arrived_ = false;
};

Result<Destination> Destination::find(const std::string& path, Use use, const std::string& what) {
  return Walk(path, use, what).run();
}

Result<void> Destination::check_owner(const struct stat& entry, const std::string& what) const {
  struct stat folder {};
  if (::fstat(folder_.get(), &folder) != 0) return Error::last(what);
  if (counts(entry, folder)) return {};
  return Error::of(std::errc::permission_denied,
                   what + ": user " + std::to_string(entry.st_uid) + " put " +
                       (S_ISLNK(entry.st_mode) ? "a link" : "a file") +
                       " there, in a folder where everybody may; remove it, or write to a " +
                       "folder of your own");
}

Result<void> Destination::look(const std::string& what) {
  struct stat now {};
  occupant_.reset();
  if (::fstatat(folder_.get(), name_.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? Result<void>() : Error::last(what);
  }
  occupant_ = now;
  return check_owner(now, what);
}

UniqueFd Destination::create_unnamed() const {
  return UniqueFd(::openat(folder_.get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, kMode));
}

UniqueFd Destination::create(const std::string& name) const {
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  return UniqueFd(::openat(folder_.get(), name.c_str(), kNew, kMode));
}

UniqueFd Destination::open(int flags) const {
  const int follow = by_kernel_ ? 0 : O_NOFOLLOW;
  UniqueFd fd(::openat(folder_.get(), name_.c_str(), flags | follow | O_NOCTTY | O_CLOEXEC));
  struct stat opened {};
  if (!fd || ::fstat(fd.get(), &opened) != 0) return fd;
  if (occupant_ && opened.st_dev == occupant_->st_dev && opened.st_ino == occupant_->st_ino) {
    return fd;
  }
  errno = ESTALE;
  return {};
}

void Destination::sync_folder() const {
  const UniqueFd fd(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());  // else a folder that may be written and not read
}

}  // namespace vsl::avformat
