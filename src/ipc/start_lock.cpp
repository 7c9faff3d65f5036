// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/start_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <utility>

#include "base/clock.hpp"

namespace vsl::ipc {

Result<StartLock> StartLock::take(const std::string& path, Wait wait) {
  for (;;) {
    StartLock lock(path + ".lock");
    VSL_CHECK(lock.open());
    VSL_TRY(lock.held_, lock.hold(wait));
    if (lock.held_) return lock;
    // Its holder removed the file while we waited: again.
  }
}

StartLock::~StartLock() {
  if (fd_ && held_) ::unlink(path_.c_str());
}

Result<void> StartLock::open() {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  UniqueFd fd(::open(path_.c_str(), kFlags, 0600));
  if (!fd) return Error::last("create " + path_ + " next to the socket");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return Error::last("look at " + path_);
  if (!S_ISREG(status.st_mode) || (status.st_uid != ::geteuid() && status.st_uid != 0)) {
    return Error::of(std::errc::permission_denied,
                     "lock " + path_ + ", which user " + std::to_string(status.st_uid) +
                         " made; remove it, or listen in a folder of your own");
  }
  fd_ = std::move(fd);
  return {};
}

// Asked for again and again: flock() can neither be given an end nor be left at every signal, and a
// child that its holder forked may keep the lock of a file that is removed already.
Result<bool> StartLock::hold(Wait wait) const {
  constexpr std::int64_t kPatienceNs = 10'000'000'000, kPauseNs = 5'000'000;
  const std::int64_t deadline_ns = monotonic_ns() + kPatienceNs;
  const std::string what = "lock " + path_;
  while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK || wait == Wait::never) return Error::last(what);
    if (monotonic_ns() >= deadline_ns) {
      return Error::of(std::errc::timed_out,
                       what + ", which another host that starts has held for 10 s");
    }
    VSL_TRY(const bool named, is_named());
    if (!named) return false;
    const timespec pause = to_timespec(kPauseNs);
    if (::nanosleep(&pause, nullptr) != 0) return Error::last(what + ", which another host holds");
  }
  return is_named();
}

Result<bool> StartLock::is_named() const {
  struct stat held {
  }, named{};
  if (::fstat(fd_.get(), &held) != 0) return Error::last("look at " + path_);
  if (::lstat(path_.c_str(), &named) == 0) {
    return held.st_dev == named.st_dev && held.st_ino == named.st_ino;
  }
  if (errno != ENOENT) return Error::last("look at " + path_);
  return false;
}

}  // namespace vsl::ipc
