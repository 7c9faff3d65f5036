// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "command.hpp"
#include "videostream/client.hpp"

namespace vsl::command {

/// How long to wait, from seconds as a user gives them; below 0 the library's usual second.
std::chrono::nanoseconds timeout_from_seconds(double seconds);

inline constexpr const char* kSocketHelp =
    "Where the host is: a leading '/' is a file; @cam or cam is an abstract socket name";

/// Why `path` could not be connected to, and what helps, in one sentence for a user.
std::string socket_sentence(const std::string& path, const Error& error);
/// The same of a host that could not be set up there.
std::string listen_sentence(const std::string& path, const Error& error);

/// Connects, trying again with growing pauses while there is no host at `path`, and says so on a
/// terminal. Nothing when a stop was asked for. Errors: the last attempt's, after
/// `patience`; at once what waiting does not cure.
Result<std::optional<Client>> connect_patiently(const std::string& path,
                                                const ClientOptions& options,
                                                std::chrono::nanoseconds patience,
                                                const StopSignal& stop);

}  // namespace vsl::command
