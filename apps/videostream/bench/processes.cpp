// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "processes.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace vsl::bench {
namespace {

Result<pid_t> start_one(int fd, std::size_t index) {
  std::string program = "videostream", command = "bench-client";
  std::string fd_text = std::to_string(fd), index_text = std::to_string(index);
  char* const arguments[] = {program.data(), command.data(), fd_text.data(), index_text.data(),
                             nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, fd, fd);  // onto itself: clears close-on-exec
  pid_t pid = -1;
  const int failure =
      ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, arguments, ::environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) return Error::from_errno(failure, "start a client process");
  return pid;
}

}  // namespace

Processes::~Processes() {
  for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
  join();
}

Result<void> Processes::start(int fd, std::uint32_t count) {
  pids_.reserve(pids_.size() + count);
  for (std::uint32_t i = 0; i < count; ++i) {
    VSL_TRY(const pid_t pid, start_one(fd, pids_.size()));
    pids_.push_back(pid);
  }
  return {};
}

Result<void> Processes::check_alive(const ControlPage& page) {
  for (const pid_t pid : pids_) {
    siginfo_t info{};
    const int failed = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
    if (failed != 0 || info.si_pid != 0) {
      const std::string why = page->failed ? page->failure : "it was killed";
      return Error::of(std::errc::no_child_process,
                       "benchmark: client process " + std::to_string(pid) + ": " + why);
    }
  }
  return {};
}

void Processes::join() {
  for (const pid_t pid : pids_) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  pids_.clear();
}

}  // namespace vsl::bench
