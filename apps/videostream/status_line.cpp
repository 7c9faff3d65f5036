// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "status_line.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "display_text.hpp"
#include "metrics.hpp"
#include "terminal.hpp"

namespace vsl::command {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

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
  dirty_ = true;
}

void StatusLine::clear() {
  if (std::exchange(dirty_, false)) std::fputs("\r\033[K", stderr);
}

}  // namespace vsl::command
