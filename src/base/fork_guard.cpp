// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/fork_guard.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <mutex>

namespace vsl {

namespace detail {
std::atomic<std::uint32_t> fork_generation{0};
}

/// All guards of the process. The mutex is a leaf: nothing is locked and no system call made under
/// it, but for fork() itself, around which it is held so that the child finds the list whole.
struct ForkRegistry {
  static std::mutex& mutex() {
    static std::mutex& instance = *new std::mutex;  // never destroyed: guards may live in statics
    return instance;
  }
  static inline ForkGuard* first = nullptr;

  static void before() { mutex().lock(); }
  static void in_parent() { mutex().unlock(); }
  static void in_child() {
    detail::fork_generation.fetch_add(1, std::memory_order_relaxed);
    const int placeholder = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (ForkGuard* guard = first; guard != nullptr; guard = guard->next_) {
      if (guard->fd_ < 0) continue;
      // close() alone would free the number, which its owner will close again some day.
      if (placeholder < 0 || ::dup3(placeholder, guard->fd_, O_CLOEXEC) < 0) ::close(guard->fd_);
    }
    if (placeholder >= 0) ::close(placeholder);
    mutex().unlock();
  }
  static void install_once() {
    static const int installed = pthread_atfork(before, in_parent, in_child);
    (void)installed;
  }
};

ForkGuard::ForkGuard(int fd)
    : generation_(detail::fork_generation.load(std::memory_order_relaxed)), fd_(fd) {
  ForkRegistry::install_once();
  const std::lock_guard lock(ForkRegistry::mutex());
  next_ = ForkRegistry::first;
  if (next_ != nullptr) next_->previous_ = this;
  ForkRegistry::first = this;
}

ForkGuard::~ForkGuard() {
  const std::lock_guard lock(ForkRegistry::mutex());
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (ForkRegistry::first == this) ForkRegistry::first = next_;
}

void ForkGuard::watch(int fd) noexcept {
  const std::lock_guard lock(ForkRegistry::mutex());
  fd_ = fd;
}

}  // namespace vsl
