// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"
#include "videostream/client.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vsl::command {

/// How long to wait, from seconds as a user gives them; below 0 the library's usual second.
std::chrono::nanoseconds timeout_from_seconds(double seconds);

inline constexpr const char* kSocketHelp =
    "Where the host is: a leading '/' is a file; @cam or cam is an abstract socket name";

/// What the user says of the host he expects, as it was typed.
struct HostArguments {
  std::string users, may_fault = "auto";
};

/// Adds --host-user and --may-fault, and returns them.
std::vector<CLI::Option*> add_host_options(CLI::App& command, HostArguments& arguments);

/// Takes them over. Errors: a sentence for the user.
Result<void> apply(const HostArguments& arguments, ClientOptions& options);

/// Why `path` could not be connected to, and what helps, in one sentence for a user.
std::string socket_sentence(const std::string& path, const Error& error);
/// The same of a host that could not be set up there.
std::string listen_sentence(const std::string& path, const Error& error);

/// How many frames were refused, and what takes them, to follow the sentence that none came; empty
/// when none was.
std::string refused_sentence(const Client& client);

/// Connects, trying again with growing pauses while there is no host at `path`, and says so on a
/// terminal. Nothing when a stop was asked for. Errors: the last attempt's, after
/// `patience`; at once what waiting does not cure.
Result<std::optional<Client>> connect_patiently(const std::string& path,
                                                const ClientOptions& options,
                                                std::chrono::nanoseconds patience,
                                                const StopSignal& stop);

}  // namespace vsl::command
