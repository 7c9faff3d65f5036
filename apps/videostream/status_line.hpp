// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vsl::command {

/// One line on a terminal's stderr, written over itself once a second; nothing where stderr is no
/// terminal. Cleared by its end, and by clear() or clear_status_line() before other lines are
/// printed.
class StatusLine {
 public:
  explicit StatusLine(bool quiet);
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  /// Whether a second is over since the last line.
  bool is_due() const;
  /// Time since it was made.
  std::int64_t elapsed_ns() const;
  /// As many of `items` as fit beside each other: the most important ones first.
  void show(const std::vector<std::string>& items);
  void clear();

 private:
  bool shown_;
  std::int64_t start_ns_, next_ns_;
};

/// "00:07", "35 %", "12.0 MB of 34.1 MB": how far into a file a run is; `all` 0: nobody knows.
std::vector<std::string> progress_items(std::int64_t elapsed_ns, std::uint64_t done,
                                        std::uint64_t all);

/// Clears the line of whichever StatusLine is on the terminal: there is one terminal. Any thread.
void clear_status_line();

}  // namespace vsl::command
