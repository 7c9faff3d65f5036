// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/unique_fd.hpp"

/// What tests of several folders share.
namespace vsl::testing {

/// Descriptors this process has open.
inline std::ptrdiff_t open_fd_count() {
  const std::filesystem::directory_iterator fds("/proc/self/fd");
  return std::distance(begin(fds), end(fds)) - 1;  // the iterator has one itself
}

/// The memory anew, as a process could that was given the descriptor.
inline UniqueFd reopen_writable(int fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  return UniqueFd(::open(link.c_str(), O_RDWR | O_CLOEXEC));
}

inline bool maps_writable(int fd) {
  constexpr std::size_t kBytes = 4096;
  void* const data = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return false;
  ::munmap(data, kBytes);
  return true;
}

/// Runs `body` in a forked child; returns its result there, or -1 when the child was killed.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());  // no destructors, no test results of the parent
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace vsl::testing
