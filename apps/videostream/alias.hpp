// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vsl::command {

/// What a program was asked to do, in the words of `videostream`.
struct CommandLine {
  std::vector<std::string> arguments;  ///< without the program's name
  std::optional<int> exit_code;        ///< nothing is left to do: help, version, wrong options
  int failure_code = 0;                ///< what every failure exits with; 0: its own code
  bool logs_more = true;               ///< --verbose asks for a log, not only for details
};

/// Programs of release 2.5 live on as links to this one: each is a row of a table that puts its
/// arguments into ours. Any other name is `videostream` itself. `program` may have folders.
CommandLine command_line(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace vsl::command
