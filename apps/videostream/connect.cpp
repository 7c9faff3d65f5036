// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "connect.hpp"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "display_text.hpp"
#include "metrics.hpp"
#include "socket_name.hpp"
#include "status_line.hpp"

namespace vsl::command {
namespace {

bool may_pass(const Error& error) {
  return error.code == std::errc::no_such_file_or_directory ||
         error.code == std::errc::connection_refused || error.code == std::errc::connection_reset ||
         error.code == std::errc::resource_unavailable_try_again ||
         error.code == std::errc::timed_out;
}

// A day is for ever to a person, and does not overflow in nanoseconds.
constexpr double kLongestSeconds = 86400;

// What is at the path, when it is there and no socket.
const char* other_file_at(const std::string& path) {
  struct stat status {};
  if (path.empty() || path[0] != '/' || ::stat(path.c_str(), &status) != 0) return nullptr;
  if (S_ISSOCK(status.st_mode)) return nullptr;
  return S_ISDIR(status.st_mode) ? "a directory" : S_ISREG(status.st_mode) ? "a file" : "a device";
}

// What to do about it, where that is known; the host's own words say more than an errno of ours.
std::string remedy_of_connecting(const std::string& shown, const Error& error) {
  if (error.where.find("refused us") != std::string::npos) {
    const bool not_ours = error.code == std::errc::operation_not_permitted;
    return not_ours ? "; it admits its own user and root, and whom else its --socket-mode lets in"
                    : "";
  }
  const std::string start = "start one with: videostream stream " + shown;
  if (error.code == std::errc::no_such_file_or_directory) return "; no host is there, " + start;
  if (error.code == std::errc::connection_refused) {
    return (shown.front() == '@' ? "; no host has that name, " : "; its host is gone, ") + start;
  }
  if (error.code == std::errc::permission_denied) {
    return "; who may write to the socket file may connect: be the host's user, or start it with "
           "--socket-mode 666";
  }
  return "";
}

}  // namespace

std::string socket_sentence(const std::string& path, const Error& error) {
  const std::string shown = shown_socket(path);
  if (const char* other = other_file_at(path)) return path + " is not a socket but " + other;
  if (error.code == std::errc::wrong_protocol_type) {
    return shown + " is not a VideoStream socket: another program listens there";
  }
  return error.message() + remedy_of_connecting(shown, error);
}

std::string listen_sentence(const std::string& path, const Error& error) {
  const std::string folder = path.substr(0, path.rfind('/'));
  if (error.code == std::errc::file_exists) return error.where + "; choose another name";
  if (error.code == std::errc::address_in_use) {
    return error.message() + "; end that host, or choose another name";
  }
  if (error.code == std::errc::no_such_file_or_directory) {
    return error.message() + "; make its folder first: mkdir -p " + folder;
  }
  if (error.code == std::errc::permission_denied ||
      error.code == std::errc::read_only_file_system) {
    return error.message() + "; choose a folder that you may write to, as /tmp";
  }
  return error.message();
}

std::vector<CLI::Option*> add_host_options(CLI::App& command, HostArguments& arguments) {
  return {command.add_option("--host-user", arguments.users,
                             "Who may be the host of a socket: users by name or number with commas "
                             "between, or any (default: our own user and root)"),
          command
              .add_option("--may-fault", arguments.may_fault,
                          "Frames in memory that its host could truncate while they are read: "
                          "accept, refuse, or auto (accept those of our own user and root)")
              ->capture_default_str()};
}

Result<void> apply(const HostArguments& arguments, ClientOptions& options) {
  if (!arguments.users.empty()) {
    auto users = parse_users(arguments.users);
    if (!users)
      return Error::of(std::errc::invalid_argument, "--host-user: " + users.error().where);
    options.host_uids = std::move(*users);
  }
  options.refuse_may_fault = arguments.may_fault == "refuse";
  options.accept_may_fault = arguments.may_fault == "accept";
  if (options.refuse_may_fault || options.accept_may_fault || arguments.may_fault == "auto") {
    return {};
  }
  return Error::of(std::errc::invalid_argument,
                   "--may-fault: \"" + arguments.may_fault + "\" is none of auto, refuse, accept");
}

std::string refused_sentence(const Client& client) {
  const std::uint64_t refused = client.stats().refused;
  if (refused == 0) return "";
  return ": " + std::to_string(refused) +
         " came in memory that their host could truncate while they are read (--may-fault accept "
         "takes them)";
}

std::chrono::nanoseconds timeout_from_seconds(double seconds) {
  if (seconds < 0) return std::chrono::seconds(1);
  const double bounded = std::min(seconds, kLongestSeconds);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(bounded * 1e9));
}

Result<std::optional<Client>> connect_patiently(const std::string& path,
                                                const ClientOptions& options,
                                                std::chrono::nanoseconds patience,
                                                const StopSignal& stop) {
  constexpr int kFirstPauseMs = 10, kLongestPauseMs = 250;
  const std::int64_t give_up_ns = monotonic_ns() + patience.count();
  ClientOptions one_attempt = options;
  one_attempt.connect_timeout = std::chrono::nanoseconds(0);  // we wait, so that a signal ends it
  StatusLine line(!logs_info());
  for (int pause_ms = kFirstPauseMs;; pause_ms = std::min(2 * pause_ms, kLongestPauseMs)) {
    auto client = Client::connect(path, one_attempt);
    if (client) {
      log_debug("connected to " + shown_socket(path) + " as \"" + options.name + "\"");
      return std::optional<Client>(std::move(*client));
    }
    if (pause_ms == kFirstPauseMs) log_debug(client.error().message() + "; trying again");
    const std::int64_t left_ns = give_up_ns - monotonic_ns();
    if (!may_pass(client.error()) || left_ns <= 0 || other_file_at(path) != nullptr) {
      Error error = std::move(client).error();
      if (error.where.find(path) == std::string::npos) error.where += " " + path;
      return error;
    }
    if (pause_ms == kFirstPauseMs || line.is_due()) {
      line.show({"waiting for a host at " + printable(shown_socket(path)),
                 clock_text(line.elapsed_ns()) + " of " + clock_text(patience.count())});
    }
    const int left_ms = static_cast<int>(std::min<std::int64_t>(left_ns / 1'000'000 + 1, 1000));
    if (stop.wait_ms(std::min(pause_ms, left_ms))) return std::optional<Client>();
  }
}

}  // namespace vsl::command
