// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <chrono>
#include <mutex>

#if defined(__clang__)
#define VSL_ATTRIBUTE(x) __attribute__((x))
#else
#define VSL_ATTRIBUTE(x)
#endif
#define VSL_GUARDED_BY(mutex) VSL_ATTRIBUTE(guarded_by(mutex))
#define VSL_REQUIRES(mutex) VSL_ATTRIBUTE(requires_capability(mutex))
#define VSL_EXCLUDES(mutex) VSL_ATTRIBUTE(locks_excluded(mutex))

namespace vsl {

/// A mutex that clang's thread-safety analysis understands.
class VSL_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() VSL_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  bool try_lock_for(std::chrono::nanoseconds time) VSL_ATTRIBUTE(try_acquire_capability(true)) {
    return mutex_.try_lock() || mutex_.try_lock_for(time);
  }
  void unlock() VSL_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::timed_mutex mutex_;
};

class VSL_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) VSL_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() VSL_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Unlocks at its end what was locked before, for locks that are taken with a time limit.
class VSL_ATTRIBUTE(scoped_lockable) AdoptedLock {
 public:
  explicit AdoptedLock(Mutex& mutex) VSL_ATTRIBUTE(requires_capability(mutex)) : mutex_(mutex) {}
  ~AdoptedLock() VSL_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  AdoptedLock(const AdoptedLock&) = delete;
  AdoptedLock& operator=(const AdoptedLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace vsl
