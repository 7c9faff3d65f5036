// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "control_page.hpp"

namespace vsl::bench {

/// The client processes of one run. They execute this program anew, so nothing of the library
/// crosses a fork; destroying this kills and reaps what is left of them.
class Processes {
 public:
  Processes() = default;
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;
  ~Processes();

  /// Starts `count` more, each with the control page open as `fd`.
  Result<void> start(int fd, std::uint32_t count);
  pid_t front() const { return pids_.front(); }
  /// The caller has reaped them.
  void forget() { pids_.clear(); }
  /// Errors: no_child_process, with the client's own words, when one has ended: none does before it
  /// is told to.
  Result<void> check_alive(const ControlPage& page);
  /// Waits for all of them to end by themselves.
  void join();

 private:
  std::vector<pid_t> pids_;
};

}  // namespace vsl::bench
