// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
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

/// A mutex that clang's thread-safety analysis understands. It is not fair: a thread that unlocks
/// and locks again has it before a waiter has woken. One that does so all the time lets others go
/// first.
class VSL_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() VSL_ATTRIBUTE(acquire_capability()) {
    if (mutex_.try_lock()) return;
    waiting_.fetch_add(1, std::memory_order_relaxed);
    mutex_.lock();
    stop_waiting();
  }
  bool try_lock_for(std::chrono::nanoseconds time) VSL_ATTRIBUTE(try_acquire_capability(true)) {
    if (mutex_.try_lock()) return true;
    waiting_.fetch_add(1, std::memory_order_relaxed);
    const bool locked = mutex_.try_lock_for(time);
    stop_waiting();
    return locked;
  }
  void unlock() VSL_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

  /// Sleeps while another thread waits for this mutex: to be called before locking it again. Not
  /// for ever: there may always be one.
  void let_others_first() const noexcept {
    constexpr int kMostTurns = 8;
    for (int i = 0; i < kMostTurns; ++i) {
      // relaxed: who was not seen waiting is in no worse place than before
      const std::uint32_t waiting = waiting_.load(std::memory_order_relaxed);
      if (waiting == 0) return;
      waiting_.wait(waiting, std::memory_order_relaxed);
    }
  }

 private:
  void stop_waiting() noexcept {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    waiting_.notify_all();
  }

  std::timed_mutex mutex_;
  std::atomic<std::uint32_t> waiting_{0};
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
