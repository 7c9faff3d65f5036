// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "command.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "json_output.hpp"
#include "status_line.hpp"

namespace vsl::command {
namespace {

struct ClassWords {
  const char* prefix;  // of the line on stderr
  const char* name;    // in the JSON
};

constexpr std::array<ClassWords, 7> kClassWords{{
    {"", "success"},
    {"Error: ", "general"},
    {"Invalid arguments: ", "arguments"},
    {"Camera error: ", "camera"},
    {"Encoder/decoder unavailable: ", "codec"},
    {"Socket error: ", "socket"},
    {"Timeout: ", "timeout"},
}};

enum class Level { error, warn, info, debug };
Level g_level = Level::info;

// Set once before the handlers are installed; handlers only write to the eventfd.
int g_stop_fd = -1;
volatile std::sig_atomic_t g_stop_requested = 0;

bool parse_level(const char* text, Level& level) {
  if (text == nullptr) return false;
  std::string word(text);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::pair<std::string_view, Level>, 5> kWords{{{"error", Level::error},
                                                                      {"warn", Level::warn},
                                                                      {"info", Level::info},
                                                                      {"debug", Level::debug},
                                                                      {"trace", Level::debug}}};
  for (const auto& [name, value] : kWords) {
    if (word == name) {
      level = value;
      return true;
    }
  }
  return false;
}

void write_log(Level level, const char* tag, const std::string& text) {
  if (level > g_level) return;
  clear_status_line();
  std::fprintf(stderr, "[%-5s] %s\n", tag, text.c_str());
}

constexpr std::array kStopSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
std::array<struct sigaction, kStopSignals.size()> g_before;  // what they did when we were started

void reset_stop_signals() {
  for (const int number : kStopSignals) {
    struct sigaction now {};
    ::sigaction(number, nullptr, &now);
    if (now.sa_handler != SIG_IGN) std::signal(number, SIG_DFL);
  }
}

// Written by the first signal, before any other is looked at: handlers do not interrupt each other.
std::int64_t g_stop_asked_ns = 0;
constexpr std::int64_t kSameWishNs = 1'000'000'000;

// Only calls that are safe in a handler.
std::int64_t handler_clock_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

void wake_stop_waiters() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(g_stop_fd, &one, sizeof one);
}

extern "C" void on_stop_signal(int number) {
  const int saved = errno;
  if (g_stop_requested == 0) {
    g_stop_asked_ns = handler_clock_ns();
    g_stop_requested = number;
    wake_stop_waiters();
  } else if (handler_clock_ns() - g_stop_asked_ns >= kSameWishNs) {
    std::signal(number, SIG_DFL);
    std::raise(number);  // comes when the handler returns
  }
  errno = saved;
}

}  // namespace

ExitClass exit_class(const Error& error, Site site) {
  if (error.code == std::errc::timed_out) return ExitClass::timeout;
  switch (site) {
    case Site::socket:
      return ExitClass::socket;
    case Site::camera:
      return ExitClass::camera;
    case Site::codec:
      // A picture of a size or format that no encoder takes: another one can be asked for.
      return error.code == std::errc::invalid_argument ? ExitClass::usage : ExitClass::codec;
    case Site::file:
    case Site::memory:
      break;
  }
  return ExitClass::general;
}

namespace {

const char* prefix_of(ExitClass exit_class) {
  return kClassWords[static_cast<std::size_t>(exit_class)].prefix;
}

bool is_missing(const Error& error) {
  return error.code == std::errc::no_such_file_or_directory ||
         error.code == std::errc::no_such_device ||
         error.code == std::errc::no_such_device_or_address;
}

int report(const Globals& globals, ExitClass exit_class, const char* prefix,
           const std::string& message) {
  clear_status_line();
  std::fprintf(stderr, "%s%s\n", prefix, message.c_str());
  if (globals.json) print_failure_json(exit_class, message);
  return static_cast<int>(exit_class);
}

// What to do about a camera that cannot be had.
std::string camera_remedy(const Error& error) {
  if (error.code == std::errc::permission_denied) {
    return "; whoever is in its group (ls -l names it, mostly video) may open it";
  }
  const bool other_device =  // "/dev/null is no V4L2 device"
      error.code == std::errc::not_supported && error.where.starts_with('/');
  if (error.code == std::errc::no_such_device && !error.where.starts_with("find a camera")) {
    return "; it was unplugged, or its driver is gone";
  }
  if (!other_device && error.code != std::errc::no_such_file_or_directory) return "";
  return "; `videostream devices --cameras` lists those there are";
}

}  // namespace

int report_failure(const Globals& globals, ExitClass exit_class, const std::string& message) {
  return report(globals, exit_class, prefix_of(exit_class), message);
}

nlohmann::ordered_json failure_json(ExitClass exit_class, const std::string& message) {
  const int code = static_cast<int>(exit_class);
  const char* name = kClassWords[static_cast<std::size_t>(code)].name;
  return {{"code", code}, {"class", name}, {"message", message}};
}

void print_failure_json(ExitClass exit_class, const std::string& message) {
  print_json({{"error", failure_json(exit_class, message)}}, -1);
}

std::string failure_sentence(Site site, const Error& error) {
  // What a file does not hold, what nobody codes here and what was asked wrongly is said by the
  // sentence. "Operation not supported" behind it would confuse, let alone the system's words for
  // wrong bytes: they are about messages and letters.
  const bool coded = site == Site::file || site == Site::codec;
  const bool camera = site == Site::camera;
  const bool ours = error.code == std::errc::bad_message || error.code == std::errc::timed_out ||
                    error.code == std::errc::illegal_byte_sequence ||
                    error.code == std::errc::operation_canceled;
  const bool whole = ours || ((coded || camera) && error.code == std::errc::not_supported) ||
                     (camera && error.code == std::errc::invalid_argument) ||
                     exit_class(error, site) == ExitClass::usage;
  if (camera && error.where.starts_with("find a camera")) return error.where + ": there is none";
  return (whole ? error.where : error.message()) + (camera ? camera_remedy(error) : "");
}

int report_failure(const Globals& globals, Site site, const Error& error,
                   const std::string& advice) {
  const ExitClass failure = exit_class(error, site);
  const bool missing = failure == ExitClass::camera && is_missing(error);
  return report(globals, failure, missing ? "Camera not found: " : prefix_of(failure),
                failure_sentence(site, error) + advice);
}

void set_up_log(const Globals& globals) {
  if (parse_level(std::getenv("VSL_LOG"), g_level)) return;
  if (parse_level(std::getenv("RUST_LOG"), g_level)) return;
  g_level = globals.quiet ? Level::error : globals.verbose ? Level::debug : Level::info;
  // The library has lines of its own, and is asked for them in no other way.
  if (g_level == Level::debug) ::setenv("VSL_LOG", "debug", 0);
}

bool logs_info() { return g_level >= Level::info; }
void log_debug(const std::string& text) { write_log(Level::debug, "DEBUG", text); }
void log_info(const std::string& text) { write_log(Level::info, "INFO", text); }
void log_warn(const std::string& text) { write_log(Level::warn, "WARN", text); }

void expect_stop_signals() {
  if (g_stop_fd >= 0) return;
  g_stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = on_stop_signal;  // no SA_RESTART: a blocked wait has to notice
  sigemptyset(&action.sa_mask);
  for (const int number : kStopSignals) sigaddset(&action.sa_mask, number);
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
    const int number = kStopSignals[i];
    ::sigaction(number, nullptr, &g_before[i]);
    // Under nohup a hang-up is none of our business.
    const bool ours = number != SIGHUP || g_before[i].sa_handler != SIG_IGN;
    if (ours) ::sigaction(number, &action, nullptr);
  }
}

void request_stop() {
  if (g_stop_requested != 0) return;
  g_stop_asked_ns = handler_clock_ns();
  g_stop_requested = SIGPIPE;
  wake_stop_waiters();
}

void leave_stop_signals() {
  for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
    ::sigaction(kStopSignals[i], &g_before[i], nullptr);
  }
  if (g_stop_requested != 0) std::raise(g_stop_requested);
}

StopSignal::StopSignal() {
  expect_stop_signals();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // the write that is too much says so as well
}

StopSignal::~StopSignal() {
  // What comes twice may come the second time now, when all is done but to say so.
  if (!requested()) reset_stop_signals();
  const int fd = std::exchange(g_stop_fd, -1);
  if (fd >= 0) ::close(fd);
}

bool StopSignal::requested() const noexcept { return g_stop_requested != 0; }

const char* StopSignal::sentence() const noexcept {
  return g_stop_requested == SIGPIPE ? "stopped: nobody reads the results any more"
                                     : "stopped by a signal";
}

int StopSignal::fd() const noexcept { return g_stop_fd; }

bool StopSignal::wait_ms(int timeout_ms) const noexcept { return wait_readable(-1, timeout_ms); }

bool StopSignal::wait_readable(int fd, int timeout_ms) const noexcept {
  if (requested()) return true;
  pollfd entries[] = {{g_stop_fd, POLLIN, 0}, {fd, POLLIN, 0}};  // poll passes over -1
  ::poll(entries, 2, timeout_ms);
  return requested();
}

}  // namespace vsl::command
