// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/signals.hpp"

#include <signal.h>

namespace vsl {
namespace {

/// Signals of one's own faults: they do not come in the midst of a wait, and programs that report
/// their crashes (sanitizers too) handle them without SA_RESTART.
bool is_fault(int number) noexcept {
  switch (number) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGSYS:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool all_handlers_restart() noexcept {
  const int last = SIGRTMAX;
  for (int number = 1; number <= last; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) != 0) continue;  // the C library's own
    // The union's other member holds the same address, for handlers with SA_SIGINFO.
    const bool handled =
        !is_fault(number) && action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
    if (handled && (action.sa_flags & SA_RESTART) == 0) return false;
  }
  return true;
}

}  // namespace vsl
