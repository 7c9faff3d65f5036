// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <signal.h>

#include <cstddef>

namespace vsl::command {

/// Character cells that may be written to; 0: no limit.
struct TerminalSize {
  std::size_t columns = 0, rows = 0;
  friend bool operator==(const TerminalSize&, const TerminalSize&) = default;
};

/// The size of the terminal behind `fd`; 80x24 of one that does not say. Where there is no terminal
/// lines are as long as $COLUMNS says, or as they like.
TerminalSize terminal_size(int fd);

/// Tells that the terminal got another size. One at a time; the main thread's, before others.
class ResizeSignal {
 public:
  ResizeSignal();
  ~ResizeSignal();
  ResizeSignal(const ResizeSignal&) = delete;
  ResizeSignal& operator=(const ResizeSignal&) = delete;

  /// Readable once the size changed, until take(). -1: the kernel has none for us. Borrowed.
  int fd() const { return fd_; }
  /// Whether the size changed since the last call.
  bool take();

 private:
  sigset_t before_{};
  int fd_ = -1;
};

}  // namespace vsl::command
