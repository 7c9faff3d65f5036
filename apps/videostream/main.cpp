// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstdio>
#include <string>

#include "command.hpp"

namespace {

using vsl::command::Globals;

constexpr const char* kVersionLine = "videostream " VSL_RELEASE;

using AddCommand = void (*)(CLI::App&, Globals&, int&);
constexpr AddCommand kCommands[] = {
    vsl::command::add_stream,  vsl::command::add_receive, vsl::command::add_snapshot,
    vsl::command::add_demo,    vsl::command::add_bench,   vsl::command::add_top,
    vsl::command::add_record,  vsl::command::add_convert, vsl::command::add_info,
    vsl::command::add_devices,
};

// On every command too, so that they may stand behind it and show up in its help.
void add_globals(CLI::App& app, Globals& globals) {
  app.add_flag("-v,--verbose", globals.verbose, "Log more: level debug");
  app.add_flag("-q,--quiet", globals.quiet, "Log errors only; wins over --verbose");
  app.add_flag("--json", globals.json, "Machine-readable results on stdout");
  app.set_version_flag("-V,--version", kVersionLine, "Print the version");
}

void add_help(CLI::App& app, std::string& topic, int& exit_code) {
  CLI::App* help = app.add_subcommand("help", "Print the help of the tool or of a command");
  help->add_option("COMMAND", topic, "The command to explain");
  help->callback([&app, &topic, &exit_code] {
    if (topic.empty()) {
      std::fputs(app.help().c_str(), stdout);
      return;
    }
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
      if (command->get_name() != topic) continue;
      std::fputs(command->help(app.get_name()).c_str(), stdout);
      return;
    }
    std::fprintf(stderr, "error: there is no command '%s'; see videostream --help\n",
                 topic.c_str());
    exit_code = static_cast<int>(vsl::command::ExitClass::usage);
  });
}

int usage_error(const CLI::ParseError& error, const Globals& globals) {
  std::fprintf(stderr, "error: %s\n\nFor more information, try '--help'.\n", error.what());
  constexpr auto kUsage = vsl::command::ExitClass::usage;
  if (globals.json) vsl::command::print_failure_json(kUsage, error.what());
  return static_cast<int>(kUsage);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"VideoStream CLI: moves video frames between processes without copying them",
               "videostream"};
  Globals globals;
  int exit_code = 0;
  std::string topic;
  for (const AddCommand add : kCommands) add(app, globals, exit_code);
  for (CLI::App* command : app.get_subcommands(nullptr)) add_globals(*command, globals);
  add_help(app, topic, exit_code);
  add_globals(app, globals);
  app.require_subcommand(0, 1);
  app.parse_complete_callback([&globals] { vsl::command::set_up_log(globals); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version end parsing the same way as errors do, with exit code 0.
    return error.get_exit_code() == 0 ? app.exit(error) : usage_error(error, globals);
  }
  if (app.get_subcommands().empty()) {
    std::fputs(app.help().c_str(), stderr);
    return static_cast<int>(vsl::command::ExitClass::usage);
  }
  return exit_code;
}
