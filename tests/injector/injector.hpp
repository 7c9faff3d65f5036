// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>
#include <span>

/// Makes calls to the system and to the allocator fail, the n-th of them, in what is called while
/// armed. tests/injector/README.md
namespace vsl::injector {

/// What can be made to fail. The order is that of kCalls.
enum class Call : std::uint32_t {
  operator_new,
  heap,  ///< malloc, calloc and realloc by others than operator new: libc and libstdc++ themselves
  mmap,
  madvise,
  memfd_create,
  ftruncate,
  fallocate,
  posix_fallocate,
  add_seals,
  duplicate_fd,
  shm_open,
  open,
  opendir,
  stat,
  socket,
  connect,
  bind,
  listen,
  accept,
  send,
  receive,
  peer_pidfd,
  epoll_create,
  epoll_add,
  epoll_wait,
  eventfd,
  timerfd_create,
  poll,
  flock,
  thread,
  count
};
inline constexpr auto kCallCount = static_cast<std::size_t>(Call::count);

/// What recvmsg does when the process has no descriptor left: it succeeds, without them.
inline constexpr int kFdsCutOff = -1;

struct CallFacts {
  const char* name;
  std::array<int, 7> errnos;  ///< that it fails with for want of something; 0 = no more
};
const CallFacts& facts(Call call) noexcept;

struct Plan {
  Call call = Call::count;  ///< count: nothing fails, calls are only counted
  int errnum = 0;
  std::uint64_t nth = 0;  ///< from 1, among the armed calls
  bool lasting = false;   ///< the later ones fail too, until relieve()
};
/// Begins a run; counts start at 0.
void start(const Plan& plan) noexcept;
/// Nothing fails and nothing is counted any more.
void relieve() noexcept;

/// Whether the fault was met, and how many armed calls there were of each.
bool reached() noexcept;
std::uint64_t calls(Call call) noexcept;
/// Blocks from operator new that were not deleted.
std::int64_t live_blocks() noexcept;

/// While one lives, this thread's calls count and fail. Not by a peer's code: see Disarmed.
class Armed {
 public:
  Armed() noexcept;
  ~Armed();
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;

 private:
  bool before_;
};

/// While one lives, nothing of this thread counts.
class Disarmed {
 public:
  Disarmed() noexcept;
  ~Disarmed();
  Disarmed(const Disarmed&) = delete;
  Disarmed& operator=(const Disarmed&) = delete;

 private:
  bool before_;
};

/// Whether the threads that the code under test starts are armed from birth.
void arm_new_threads(bool armed) noexcept;

/// For the wrappers: counts the call; true when it is to fail, errno being set.
bool fails(Call call) noexcept;

}  // namespace vsl::injector
