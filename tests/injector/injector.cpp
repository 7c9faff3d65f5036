// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "injector.hpp"

#include <atomic>
#include <cerrno>

namespace vsl::injector {
namespace {

// Source: the ERRORS of each manual page, and of unix(7); what a bug of the caller causes is left
// out.
constexpr std::array<CallFacts, kCallCount> kCalls = {{
    {"operator_new", {ENOMEM}},
    {"heap", {ENOMEM}},
    {"mmap", {ENOMEM}},
    {"madvise", {ENOMEM, EAGAIN}},
    {"memfd_create", {EMFILE, ENFILE, ENOMEM}},
    {"ftruncate", {ENOMEM, ENOSPC, EINTR}},
    {"fallocate", {ENOMEM, ENOSPC, EINTR}},
    {"posix_fallocate", {ENOMEM, ENOSPC, EINTR}},
    {"add_seals", {EBUSY}},
    {"duplicate_fd", {EMFILE}},
    {"shm_open", {EMFILE, ENFILE, ENOSPC}},
    {"open", {EMFILE, ENFILE, ENOMEM}},
    {"opendir", {EMFILE, ENOMEM}},
    {"stat", {ENOMEM}},
    {"socket", {EMFILE, ENFILE, ENOBUFS, ENOMEM}},
    {"connect", {ENOMEM, EAGAIN, EINTR}},
    {"bind", {ENOMEM, ENOSPC}},
    {"listen", {ENOMEM}},
    {"accept", {EMFILE, ENFILE, ENOMEM, ENOBUFS, ECONNABORTED, EINTR, EAGAIN}},
    {"send", {EAGAIN, ENOMEM, ENOBUFS, ETOOMANYREFS, EINTR}},
    {"receive", {EAGAIN, ENOMEM, ENOBUFS, EINTR, kFdsCutOff}},
    {"peer_pidfd", {EMFILE, ENFILE, ENOMEM}},
    {"epoll_create", {EMFILE, ENFILE, ENOMEM}},
    {"epoll_add", {ENOMEM, ENOSPC}},
    {"epoll_wait", {EINTR}},
    {"eventfd", {EMFILE, ENFILE, ENOMEM}},
    {"timerfd_create", {EMFILE, ENFILE, ENOMEM}},
    {"poll", {EINTR, ENOMEM}},
    {"flock", {ENOLCK, EINTR}},
    {"thread", {EAGAIN}},
}};

// Plain: written between runs only, while there is one thread.
Plan plan;
std::atomic<bool> counting{false}, fault_reached{false}, new_threads_armed{false};
std::array<std::atomic<std::uint64_t>, kCallCount> counts;

enum class State : std::uint8_t { unknown, armed, disarmed };
thread_local State state = State::unknown;

bool is_armed() noexcept {
  // relaxed, here and below: flags that change while no other thread runs
  if (state == State::unknown) return new_threads_armed.load(std::memory_order_relaxed);
  return state == State::armed;
}

}  // namespace

const CallFacts& facts(Call call) noexcept { return kCalls[static_cast<std::size_t>(call)]; }

void start(const Plan& wanted) noexcept {
  plan = wanted;
  state = State::disarmed;
  fault_reached.store(false, std::memory_order_relaxed);
  new_threads_armed.store(false, std::memory_order_relaxed);
  for (auto& count : counts) count.store(0, std::memory_order_relaxed);
  counting.store(true, std::memory_order_release);
}

void relieve() noexcept { counting.store(false, std::memory_order_release); }
bool reached() noexcept { return fault_reached.load(std::memory_order_relaxed); }
std::uint64_t calls(Call call) noexcept {
  return counts[static_cast<std::size_t>(call)].load(std::memory_order_relaxed);
}
void arm_new_threads(bool armed) noexcept {
  new_threads_armed.store(armed, std::memory_order_relaxed);
}

Armed::Armed() noexcept : before_(state == State::armed) { state = State::armed; }
Armed::~Armed() { state = before_ ? State::armed : State::disarmed; }
Disarmed::Disarmed() noexcept : before_(state == State::armed) { state = State::disarmed; }
Disarmed::~Disarmed() { state = before_ ? State::armed : State::disarmed; }

bool fails(Call call) noexcept {
  if (!counting.load(std::memory_order_acquire) || !is_armed()) return false;
  const auto count =
      counts[static_cast<std::size_t>(call)].fetch_add(1, std::memory_order_relaxed) + 1;
  if (call != plan.call || count < plan.nth || (count > plan.nth && !plan.lasting)) return false;
  fault_reached.store(true, std::memory_order_relaxed);
  errno = plan.errnum;
  return true;
}

}  // namespace vsl::injector
