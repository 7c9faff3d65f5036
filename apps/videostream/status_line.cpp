// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "status_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "display_text.hpp"
#include "metrics.hpp"
#include "terminal.hpp"

namespace vsl::command {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
std::atomic<bool> g_on_terminal{false};

}  // namespace

StatusLine::StatusLine(bool quiet)
    : shown_(!quiet && ::isatty(STDERR_FILENO) == 1),
      start_ns_(monotonic_ns()),
      next_ns_(start_ns_ + kSecondNs) {}

StatusLine::~StatusLine() { clear(); }

bool StatusLine::is_due() const { return shown_ && monotonic_ns() >= next_ns_; }

std::int64_t StatusLine::elapsed_ns() const { return monotonic_ns() - start_ns_; }

void StatusLine::show(const std::vector<std::string>& items) {
  if (!shown_) return;
  next_ns_ = monotonic_ns() + kSecondNs;
  // The last column stays free: a terminal that wraps there would leave a line behind.
  const std::size_t columns = terminal_size(STDERR_FILENO).columns;
  const std::string text = on_one_line(items, columns > 1 ? columns - 1 : 1);
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  g_on_terminal = true;
}

void StatusLine::clear() {
  if (shown_) clear_status_line();
}

std::vector<std::string> progress_items(std::int64_t elapsed_ns, std::uint64_t done,
                                        std::uint64_t all) {
  if (all == 0) return {clock_text(elapsed_ns), bytes_text(done)};
  done = std::min(done, all);  // a file that grows meanwhile
  const auto percent =
      static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(all));
  return {clock_text(elapsed_ns), std::to_string(percent) + " %",
          bytes_text(done) + " of " + bytes_text(all)};
}

void clear_status_line() {
  if (g_on_terminal.exchange(false)) std::fputs("\r\033[K", stderr);
}

}  // namespace vsl::command
