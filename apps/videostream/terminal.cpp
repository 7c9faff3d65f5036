// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "terminal.hpp"

#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace vsl::command {
namespace {

constexpr TerminalSize kUsual{80, 24};
constexpr std::size_t kWidest = 10'000;  // what anybody could mean by $COLUMNS

std::size_t columns_of_environment() {
  const char* text = std::getenv("COLUMNS");
  if (text == nullptr) return 0;
  const std::string_view word = text;
  std::size_t columns = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), columns);
  const bool valid = error == std::errc{} && end == word.data() + word.size();
  return valid && columns <= kWidest ? columns : 0;
}

}  // namespace

TerminalSize terminal_size(int fd) {
  if (::isatty(fd) != 1) return {columns_of_environment(), 0};
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return kUsual;
  return {size.ws_col, size.ws_row};
}

ResizeSignal::ResizeSignal() {
  sigset_t resize;
  ::sigemptyset(&resize);
  ::sigaddset(&resize, SIGWINCH);
  ::pthread_sigmask(SIG_BLOCK, &resize, &before_);
  fd_ = ::signalfd(-1, &resize, SFD_CLOEXEC | SFD_NONBLOCK);
}

ResizeSignal::~ResizeSignal() {
  if (fd_ >= 0) ::close(fd_);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool ResizeSignal::take() {
  signalfd_siginfo info;
  bool any = false;
  while (::read(fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) any = true;
  return any;
}

}  // namespace vsl::command
