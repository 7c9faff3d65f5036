// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "videostream/result.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vsl::command {

/// The library's name of the socket that a user typed. It begins with '/' for a file; "cam" and
/// "@cam", as ss and the device monitor write it, are the same abstract name. Errors:
/// invalid_argument (nothing; "./cam", by which most people mean a file), a sentence for the user.
Result<std::string> socket_name(const std::string& typed);

/// The name as users see it: "/run/cam", "@cam".
std::string shown_socket(const std::string& name);

/// An option or argument that takes the name of a socket; anything else is a usage error.
CLI::Option* add_socket(CLI::App& command, const std::string& option, std::string& name,
                        const std::string& help);

}  // namespace vsl::command
