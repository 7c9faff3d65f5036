// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "socket_name.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <system_error>

namespace vsl::command {

Result<std::string> socket_name(const std::string& typed) {
  const auto refuse = [](const std::string& sentence) {
    return Error::of(std::errc::invalid_argument, sentence);
  };
  if (typed.empty()) return refuse("a socket needs a name: /tmp/cam is a file, @cam is abstract");
  if (typed.front() == '@') {
    if (typed.size() == 1) return refuse("an abstract socket needs a name behind '@', as @cam");
    return typed.substr(1);
  }
  if (typed.front() == '/' || typed.find('/') == std::string::npos) return typed;
  std::error_code failed;
  const auto path = std::filesystem::absolute(typed, failed).lexically_normal();
  return refuse("'" + typed + "' does not begin with '/', so it would be no file: say " +
                (failed ? "the whole path" : path.string()) + " for a file, or @" + typed +
                " for an abstract socket of that name");
}

std::string shown_socket(const std::string& name) {
  return name.starts_with('/') ? name : "@" + name;
}

CLI::Option* add_socket(CLI::App& command, const std::string& option, std::string& name,
                        const std::string& help) {
  const auto read = [](std::string& text) {
    auto known = socket_name(text);
    if (!known) return known.error().where;
    text = *known;
    return std::string();
  };
  return command.add_option(option, name, help)->transform(CLI::Validator(read, ""));
}

}  // namespace vsl::command
