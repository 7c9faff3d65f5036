// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <climits>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "command.hpp"
#include "connect.hpp"
#include "display_text.hpp"
#include "metrics.hpp"
#include "number_checks.hpp"
#include "socket_name.hpp"
#include "terminal.hpp"
#include "top_format.hpp"

namespace vsl::command {
namespace {

constexpr std::int64_t kFirstGlanceNs = 200'000'000;  ///< --once: long enough for a rate

struct Options {
  std::string path;
  bool once = false;
  double interval_seconds = 1;
};

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

  /// Waits until `until_ns`, less when the terminal got another size; returns whether to end: 'q',
  /// or a signal.
  bool wait_for_end(const StopSignal& stop, ResizeSignal& resize, std::int64_t until_ns) const {
    pollfd fds[] = {
        {stop.fd(), POLLIN, 0}, {active_ ? STDIN_FILENO : -1, POLLIN, 0}, {resize.fd(), POLLIN, 0}};
    const std::int64_t left_ms = (until_ns - monotonic_ns()) / 1'000'000 + 1;
    const int timeout_ms = static_cast<int>(std::clamp<std::int64_t>(left_ms, 0, INT_MAX));
    if (::poll(fds, 3, timeout_ms) <= 0) return stop.requested();
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
  Top(Inspector inspector, std::string path)
      : inspector_(std::move(inspector)), path_(std::move(path)) {}

  Result<const TopView*> look() {
    VSL_TRY(HostSnapshot host, inspector_.snapshot());
    view_ = history_.add(std::move(host), monotonic_ns());
    view_.path = path_;
    return &view_;
  }
  const TopView& last() const { return view_; }

 private:
  Inspector inspector_;
  std::string path_;
  TopHistory history_;
  TopView view_;
};

Result<void> show_once(Top& top, const StopSignal& stop, bool json) {
  VSL_CHECK(top.look());
  stop.wait_ms(static_cast<int>(kFirstGlanceNs / 1'000'000));
  VSL_TRY(const TopView* view, top.look());
  const TerminalSize size{terminal_size(STDOUT_FILENO).columns, 0};  // lines may scroll away
  std::fputs((json ? top_json(*view) + "\n" : top_text(*view, size)).c_str(), stdout);
  return {};
}

/// Repaints from the top-left corner line by line: no flicker, and what was longer is cleared.
/// Without a line break at the end, which would scroll a full screen.
void paint(const TopView& view) {
  TerminalSize size = terminal_size(STDOUT_FILENO);
  constexpr std::size_t kFootRows = 2;
  const bool foot = size.rows > 2 * kFootRows;
  if (foot) size.rows -= kFootRows;
  std::string screen = "\033[H";
  for (const char c :
       top_text(view, size) + (foot ? "\n" + shortened("q: quit", size.columns) : "")) {
    if (c == '\n') screen += "\033[K";
    screen += c;
  }
  if (screen.ends_with('\n')) screen.pop_back();
  screen += "\033[K\033[J";
  std::fputs(screen.c_str(), stdout);
  std::fflush(stdout);
}

/// A screen of our own, without cursor, while it lives.
class OwnScreen {
 public:
  OwnScreen() { std::fputs("\033[?1049h\033[?25l", stdout); }
  ~OwnScreen() {
    std::fputs("\033[?25h\033[?1049l", stdout);
    std::fflush(stdout);
  }
  OwnScreen(const OwnScreen&) = delete;
  OwnScreen& operator=(const OwnScreen&) = delete;
};

Result<void> show_live(Top& top, const StopSignal& stop, double interval_seconds) {
  const auto interval_ns = static_cast<std::int64_t>(interval_seconds * 1e9);
  const RawKeys keys;
  const OwnScreen screen;
  ResizeSignal resize;
  std::int64_t next_look_ns = 0;
  do {
    if (const std::int64_t now_ns = monotonic_ns(); now_ns >= next_look_ns) {
      VSL_CHECK(top.look());
      if (top.last().host.closing != 0) return {};
      next_look_ns = now_ns + interval_ns;
    }
    resize.take();
    paint(top.last());
  } while (!keys.wait_for_end(stop, resize, next_look_ns));
  return {};
}

Result<void> run_top(const Options& options, bool json) {
  VSL_TRY(Inspector inspector, Inspector::open(options.path));
  Top top(std::move(inspector), options.path);
  const StopSignal stop;
  const bool live = !options.once && !json && ::isatty(STDOUT_FILENO) == 1;
  if (!live) return show_once(top, stop, json);
  VSL_CHECK(show_live(top, stop, options.interval_seconds));
  if (top.last().host.closing != 0) log_info("host ended: " + options.path);
  return {};
}

std::string top_sentence(const std::string& path, const Error& error) {
  if (error.code == std::errc::no_such_process) {
    return "the host of " + path + " ended without closing: it was killed or crashed";
  }
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
