// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "trial.hpp"

#include <dirent.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <memory>

#include "base/clock.hpp"
#include "base/closer.hpp"
#include "leaks.hpp"

namespace vsl::injector {
namespace {

// Only ends a run that is stuck; what comes back too late for a peer fails in the scenario itself.
constexpr std::int64_t kStuckNs = 30'000'000'000;

/// What a child tells: in shared memory, so that a crash leaves it behind.
struct Told {
  bool finished = false;
  bool reached = false;
  std::uint64_t counts[kCallCount] = {};
  char violations[4096] = {};
};

void tell(Told& told, const Outcome& outcome) {
  told.reached = outcome.reached;
  std::memcpy(told.counts, outcome.counts, sizeof told.counts);
  std::strncpy(told.violations, outcome.violations.c_str(), sizeof told.violations - 1);
  told.finished = true;
}

/// Waits for the child; a signal's name, an exit code, or that it hung. Empty: it ended well.
std::string end_of(pid_t child) {
  const std::int64_t give_up_ns = monotonic_ns() + kStuckNs;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (monotonic_ns() < give_up_ns) {
      ::usleep(200);
      continue;
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return "it hung";
  }
  if (WIFSIGNALED(status)) return std::string("it died of ") + ::strsignal(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "it ended with " + std::to_string(WEXITSTATUS(status));
  return {};
}

std::size_t thread_count() {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir("/proc/self/task"), ::closedir);
  std::size_t count = 0;
  while (tasks != nullptr && ::readdir(tasks.get()) != nullptr) ++count;
  return count;
}

/// What is closed elsewhere (src/base/closer.hpp) is closed when its thread has ended.
void wait_for_closers(std::size_t threads_before) {
  const std::int64_t give_up_ns = monotonic_ns() + kStuckNs;
  while (thread_count() > threads_before && monotonic_ns() < give_up_ns) ::usleep(200);
}

/// What it keeps for ever is no leak of the scenario that needs it first.
bool use_a_closer() {
  const std::size_t threads_before = thread_count();
  close_elsewhere(UniqueFd(::eventfd(0, EFD_CLOEXEC)));
  wait_for_closers(threads_before);
  return true;
}

}  // namespace

Outcome run_here(const Scenario& scenario, const Plan& plan) {
  [[maybe_unused]] static const bool used = use_a_closer();
  const Holdings before = Holdings::now();
  const std::size_t threads_before = thread_count();
  const std::int64_t blocks_before = live_blocks();
  Outcome outcome;
  std::int64_t blocks_more = 0;
  {
    Run run(plan);
    start(plan);
    scenario.body(run);
    relieve();
    for (const auto& violation : run.violations()) outcome.violations += violation + "\n";
  }
  wait_for_closers(threads_before);
  blocks_more = live_blocks() - blocks_before - (outcome.violations.empty() ? 0 : 1);
  outcome.reached = reached();
  for (std::size_t i = 0; i < kCallCount; ++i) outcome.counts[i] = calls(static_cast<Call>(i));
  if (blocks_more > 0) {
    outcome.violations += std::to_string(blocks_more) + " blocks of memory leaked\n";
  }
  for (const auto& leak : leaked(before, Holdings::now())) {
    outcome.violations += "leaked: " + leak + "\n";
  }
  return outcome;
}

Outcome run_apart(const Scenario& scenario, const Plan& plan) {
  void* const shared =
      ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  Told& told = *new (shared) Told;
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    try {
      tell(told, run_here(scenario, plan));
    } catch (const std::exception&) {
      std::strncpy(told.violations, "an exception left the scenario\n", sizeof told.violations - 1);
      ::_exit(1);  // not into the tests that follow here
    }
    ::_exit(0);
  }
  const std::string end = end_of(child);
  Outcome outcome;
  outcome.reached = told.reached || !told.finished;
  std::memcpy(outcome.counts, told.counts, sizeof told.counts);
  outcome.violations = told.violations;
  if (!end.empty()) outcome.violations += end + "\n";
  ::munmap(shared, sizeof(Told));
  return outcome;
}

}  // namespace vsl::injector
