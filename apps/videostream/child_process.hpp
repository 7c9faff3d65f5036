// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "videostream/result.hpp"

namespace vsl::command {

/// A program we started, with its stdout on a pipe to us. Ended and waited for by the destructor;
/// the kernel asks it to end when we die in any other way. Move-only, thread-confined. One that was
/// moved from is no process: it has no exit code, and nothing can be done to it.
class ChildProcess {
 public:
  /// `arguments[0]` is looked for in PATH unless it has a slash. Errors: pipe, fork; a program that
  /// cannot be run exits with 127.
  static Result<ChildProcess> start(const std::vector<std::string>& arguments);
  /// Ourselves with other arguments.
  static Result<ChildProcess> start_self(std::vector<std::string> arguments);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  int output_fd() const { return output_fd_; }
  /// Whole lines that have arrived, without waiting; after its end, the rest of them.
  std::vector<std::string> read_lines();
  /// Its exit code, or 128 + signal, once it has ended; reaps it.
  std::optional<int> exit_code();
  void signal(int signal_number) const;
  /// Asks it to end, then ends it when it has not within `patience_ms`. Its exit code; -1: no
  /// process.
  int stop(int patience_ms);

 private:
  ChildProcess(pid_t pid, int output_fd) : pid_(pid), output_fd_(output_fd) {}

  pid_t pid_ = -1;
  int output_fd_ = -1;
  int pid_fd_ = -1;
  std::optional<int> exit_code_;
  std::string partial_;
};

}  // namespace vsl::command
