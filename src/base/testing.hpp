// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>

/// What tests of several folders share.
namespace vsl::testing {

/// Descriptors this process has open.
inline std::ptrdiff_t open_fd_count() {
  const std::filesystem::directory_iterator fds("/proc/self/fd");
  return std::distance(begin(fds), end(fds)) - 1;  // the iterator has one itself
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
