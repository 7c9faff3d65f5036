// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <thread>

#include "base/clock.hpp"
#include "base/futex.hpp"
#include "raw_client.hpp"

/// What can be done with a futex word that may only be read.
namespace vsl::storm {
namespace {

/// Moves everybody who waits on the chime to a word of our own.
void requeue(Actor& actor, const wire::v2::Chime& chime, std::uint32_t& own) {
  const std::uint32_t* word = chime.word.address();
  const std::uint32_t value = chime.word.load(kRelaxed);
  const auto most = reinterpret_cast<const timespec*>(static_cast<std::intptr_t>(INT_MAX));
  if (below(actor.random, 2) == 0) {
    ::syscall(SYS_futex, word, FUTEX_REQUEUE, 0, most, &own, 0);
  } else {
    ::syscall(SYS_futex, word, FUTEX_CMP_REQUEUE, 0, most, &own, value);
  }
}

/// Threads that sleep on the chime, to make waking it dear.
class Herd {
 public:
  Herd(const wire::v2::Chime& chime, std::uint64_t size) : chime_(chime) {
    for (std::uint64_t i = 0; i < size; ++i) threads_.emplace_back([this] { sleep(); });
  }
  ~Herd() {
    over_.store(true, kRelaxed);
    futex_wake(chime_.word, INT_MAX);
    for (auto& thread : threads_) thread.join();
  }
  Herd(const Herd&) = delete;
  Herd& operator=(const Herd&) = delete;

 private:
  void sleep() const {
    while (!over_.load(kRelaxed)) {
      const std::uint32_t value = chime_.word.load(kRelaxed);
      futex_wait_until(chime_.word, value, monotonic_ns() + 20'000'000);
    }
  }
  const wire::v2::Chime& chime_;
  std::atomic<bool> over_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

int run_thief(Actor& actor) {
  void* page = ::mmap(nullptr, wire::v2::kPageBytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return kGaveUp;
  auto& own = *static_cast<std::uint32_t*>(page);
  while (!actor.finished()) {
    auto client = upgraded(actor);
    if (!client) continue;
    const Herd herd(client->chime(), below(actor.random, 48));
    for (auto thefts = below(actor.random, 600); thefts > 0 && !client->ended(); --thefts) {
      count(actor.self.acts);
      requeue(actor, client->chime(), own);
      if (below(actor.random, 4) == 0) futex_wake(client->chime().word, INT_MAX);
      breathe(actor, 50, 3'000);
    }
    ::syscall(SYS_futex, &own, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }
  return kDone;
}

}  // namespace vsl::storm
