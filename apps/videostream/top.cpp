// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "command.hpp"
#include "connect.hpp"
#include "number_checks.hpp"
#include "socket_name.hpp"
#include "top_format.hpp"

namespace vsl::command {
namespace {

constexpr std::int64_t kFirstGlanceNs = 200'000'000;  ///< --once: long enough for a rate

struct Options {
  std::string path;
  bool once = false;
  double interval_seconds = 1;
};

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// Keys arrive one by one and unechoed while it lives; nothing changes when stdin is no terminal.
class RawKeys {
 public:
  RawKeys() {
    active_ = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!active_) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~RawKeys() {
    if (active_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawKeys(const RawKeys&) = delete;
  RawKeys& operator=(const RawKeys&) = delete;

  /// Waits for the next look; returns whether to end: 'q', or a signal.
  bool wait_for_end(const StopSignal& stop, double seconds) const {
    pollfd fds[] = {{stop.fd(), POLLIN, 0}, {active_ ? STDIN_FILENO : -1, POLLIN, 0}};
    const int timeout_ms = static_cast<int>(std::lround(seconds * 1000));
    if (::poll(fds, 2, timeout_ms) <= 0) return stop.requested();
    char key = 0;
    if (fds[1].revents == 0) return stop.requested();
    return ::read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q' || stop.requested();
  }

 private:
  termios before_{};
  bool active_ = false;
};

class Top {
 public:
  Top(Inspector inspector, std::string path) : inspector_(std::move(inspector)) {
    view_.path = std::move(path);
  }

  Result<const TopView*> look() {
    VSL_TRY(HostSnapshot host, inspector_.snapshot());
    const std::int64_t at_ns = now_ns();
    const std::int64_t before_ns = view_.now_ns != 0 ? view_.now_ns : host.started_ns;
    view_.fps = fps_between(view_.host, before_ns, host, at_ns);
    view_.host = std::move(host);
    view_.now_ns = at_ns;
    return &view_;
  }

 private:
  Inspector inspector_;
  TopView view_;
};

Result<void> show_once(Top& top, const StopSignal& stop, bool json) {
  VSL_CHECK(top.look());
  stop.wait_ms(static_cast<int>(kFirstGlanceNs / 1'000'000));
  VSL_TRY(const TopView* view, top.look());
  std::fputs(json ? (top_json(*view) + "\n").c_str() : top_text(*view).c_str(), stdout);
  return {};
}

/// Repaints from the top-left corner line by line: no flicker, and what was longer is cleared.
void paint(const std::string& text) {
  std::string screen = "\033[H";
  for (const char c : text) {
    if (c == '\n') screen += "\033[K";
    screen += c;
  }
  screen += "\033[J";
  std::fputs(screen.c_str(), stdout);
  std::fflush(stdout);
}

Result<void> show_live(Top& top, const StopSignal& stop, double interval_seconds) {
  const RawKeys keys;
  std::fputs("\033[?1049h\033[?25l", stdout);  // a screen of our own, without cursor
  Result<void> result;
  do {
    const auto view = top.look();
    if (!view) {
      result = view.error();
      break;
    }
    paint(top_text(**view) + "\nq: quit\n");
  } while (!keys.wait_for_end(stop, interval_seconds));
  std::fputs("\033[?25h\033[?1049l", stdout);
  std::fflush(stdout);
  return result;
}

Result<void> run_top(const Options& options, bool json) {
  VSL_TRY(Inspector inspector, Inspector::open(options.path));
  Top top(std::move(inspector), options.path);
  const StopSignal stop;
  const bool live = !options.once && !json && ::isatty(STDOUT_FILENO) == 1;
  return live ? show_live(top, stop, options.interval_seconds) : show_once(top, stop, json);
}

std::string top_sentence(const std::string& path, const Error& error) {
  const std::string sentence = socket_sentence(path, error);
  const bool refused = error.code == std::errc::permission_denied ||
                       error.code == std::errc::operation_not_permitted;
  return refused ? sentence + ": top needs to run as the host's user or as root" : sentence;
}

}  // namespace

void add_top(CLI::App& app, Globals& globals, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* top =
      app.add_subcommand("top", "Show a host's frames and clients: who holds what, and how long");
  add_socket(*top, "SOCKET", options->path, kSocketHelp)->required();
  top->add_flag("--once", options->once, "Look once; also when stdout is no terminal");
  top->add_option("--interval", options->interval_seconds, "Seconds between looks")
      ->check(seconds_from(0.1, 3600))
      ->capture_default_str();
  top->callback([options, &globals, &exit_code] {
    const auto done = run_top(*options, globals.json);
    if (done) return;
    exit_code =
        report_failure(globals, ExitClass::socket, top_sentence(options->path, done.error()));
  });
}

}  // namespace vsl::command
