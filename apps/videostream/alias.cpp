// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "alias.hpp"

#include "camhost.hpp"

namespace vsl::command {
namespace {

using Arguments = std::vector<std::string>;

struct Alias {
  const char* program;
  CommandLine (*translate)(const Arguments& arguments);
};

/// Every node with all that is known of it. It had no options; what comes is for `devices`.
CommandLine v4l2_info(const Arguments& arguments) {
  Arguments ours{"devices", "--all", "--verbose"};
  ours.insert(ours.end(), arguments.begin(), arguments.end());
  return {.arguments = std::move(ours), .exit_code = std::nullopt, .logs_more = false};
}

// CMakeLists.txt has the same names: it makes and installs the links.
constexpr Alias kAliases[] = {
    {"vsl-v4l2-info", v4l2_info},
    {"vsl-camhost", camhost},
};

}  // namespace

CommandLine command_line(const std::string& program, const Arguments& arguments) {
  const std::string name = program.substr(program.rfind('/') + 1);
  for (const Alias& alias : kAliases) {
    if (name == alias.program) return alias.translate(arguments);
  }
  return {.arguments = arguments, .exit_code = std::nullopt};
}

}  // namespace vsl::command
