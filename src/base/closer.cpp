// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/closer.hpp"

#include <pthread.h>

#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

namespace vsl {
namespace {

/// Bounds what a peer can cost that makes every close block. More wait with their number taken.
constexpr std::size_t kMostThreads = 16;

/// What is still to be closed, and how many threads are about it. The mutex is a leaf.
struct Queue {
  std::mutex mutex;
  std::deque<UniqueFd> waiting;  // who came first is closed first
  std::size_t threads = 0;
};

/// Never destroyed: a thread that is stuck in close() may outlive main().
Queue& queue() {
  static Queue& instance = *new Queue;
  return instance;
}

void close_all() noexcept {
  for (;;) {
    UniqueFd next;
    const std::unique_lock lock(queue().mutex);
    if (queue().waiting.empty()) {
      --queue().threads;
      return;
    }
    next = std::move(queue().waiting.front());
    queue().waiting.pop_front();
  }  // closed here, without the lock: `next` was there before it
}

/// The program's signal handlers are for the program's threads.
class NoSignals {
 public:
  NoSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  sigset_t before_;
};

/// A child has the queue, found whole, and none of the threads.
void survive_fork() {
  static const int installed =
      pthread_atfork([] { queue().mutex.lock(); }, [] { queue().mutex.unlock(); },
                     [] {
                       queue().threads = 0;
                       queue().mutex.unlock();
                     });
  (void)installed;
}

}  // namespace

void close_elsewhere(UniqueFd fd) noexcept {
  if (!fd) return;
  try {
    survive_fork();
    const std::lock_guard lock(queue().mutex);
    queue().waiting.push_back(std::move(fd));
    if (queue().threads == kMostThreads) return;
    const NoSignals blocked;
    std::thread(close_all).detach();
    ++queue().threads;  // it looks at the queue, and here, only after us
  } catch (const std::exception&) {
    (void)fd.release();  // stays open rather than being closed here, unless the queue has it
  }
}

}  // namespace vsl
