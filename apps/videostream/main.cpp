// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "alias.hpp"
#include "command.hpp"
#include "help_examples.hpp"
#include "json_output.hpp"

namespace {

using vsl::command::CommandLine;
using vsl::command::Globals;

constexpr const char* kVersionLine = "videostream " VSL_RELEASE;

constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0  done, also when a signal ended the run\n"
    "  1  failed: a file, memory, or results that could not be written\n"
    "  2  wrong arguments\n"
    "  3  camera missing or not accessible\n"
    "  4  encoder or decoder missing\n"
    "  5  socket problem: no host, not a socket, refused\n"
    "  6  timed out: no frame came";

using AddCommand = void (*)(CLI::App&, Globals&, int&);
constexpr AddCommand kCommands[] = {
    vsl::command::add_stream, vsl::command::add_receive, vsl::command::add_snapshot,
    vsl::command::add_demo,   vsl::command::add_bench,   vsl::command::add_list,
    vsl::command::add_top,    vsl::command::add_record,  vsl::command::add_convert,
    vsl::command::add_decode, vsl::command::add_info,    vsl::command::add_devices,
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

// A standard descriptor that was closed would become the first socket, and results would go there.
// On stdin, which is read only, a result is lost visibly: see results_lost().
void fill_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    const int mode = fd == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    [[maybe_unused]] const int opened = ::open("/dev/null", mode);  // the lowest free one: fd
  }
}

// Whether stdout is a pipe that nobody reads any more: who did had enough, as `head` has.
bool reader_left() {
  pollfd entry{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&entry, 1, 0) == 1 && (entry.revents & POLLERR) != 0;
}

// The last look at stdout: what could not be written there nobody has.
int results_lost(int exit_code) {
  std::cout.flush();
  errno = 0;
  const bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout;
  if (!lost) return exit_code;
  if (reader_left()) return exit_code;
  const std::string why = errno != 0 ? std::string(": ") + std::strerror(errno) : std::string();
  constexpr auto kGeneral = vsl::command::ExitClass::general;
  const int code = vsl::command::report_failure({}, kGeneral, "write results to stdout" + why);
  return exit_code != 0 ? exit_code : code;
}

void print_version(const Globals& globals) {
  if (globals.json) {
    vsl::command::print_json({{"version", VSL_RELEASE}}, -1);
  } else {
    std::puts(kVersionLine);
  }
}

int run(std::vector<std::string> arguments, bool logs_more) {
  CLI::App app{"VideoStream CLI: moves video frames between processes without copying them",
               "videostream"};
  Globals globals;
  int exit_code = 0;
  std::string topic;
  for (const AddCommand add : kCommands) add(app, globals, exit_code);
  for (CLI::App* command : app.get_subcommands(nullptr)) {
    add_globals(*command, globals);
    command->footer(vsl::command::help_examples(command->get_name()));
  }
  app.footer(kExitCodes);
  add_help(app, topic, exit_code);
  add_globals(app, globals);
  app.require_subcommand(0, 1);
  std::string asked = kVersionLine;
  for (const std::string& argument : arguments) asked += " " + argument;
  app.parse_complete_callback([&globals, asked, logs_more] {
    vsl::command::Globals log = globals;
    log.verbose = log.verbose && logs_more;
    vsl::command::set_up_log(log);
    vsl::command::log_debug(asked);
  });
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr) {
      print_version(globals);
      return 0;
    }
    // Help and version end parsing the same way as errors do, with exit code 0.
    return error.get_exit_code() == 0 ? app.exit(error) : usage_error(error, globals);
  } catch (const std::bad_alloc&) {
    constexpr auto kGeneral = vsl::command::ExitClass::general;
    return vsl::command::report_failure(
        globals, kGeneral,
        "memory ran out: raise the limit (ulimit -v, MemoryMax) or ask for less");
  }
  if (app.get_subcommands().empty()) {
    std::fputs(app.help().c_str(), stderr);
    return static_cast<int>(vsl::command::ExitClass::usage);
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  vsl::command::expect_stop_signals();
  const std::vector<std::string> words(argv, argv + argc);
  const std::size_t first =
      std::min<std::size_t>(1, words.size());  // exec may give not even a name
  const std::string program = words.empty() ? std::string() : words.front();
  CommandLine line = vsl::command::command_line(program, {words.begin() + first, words.end()});
  if (line.exit_code) return results_lost(*line.exit_code);
  const int code = results_lost(run(std::move(line.arguments), line.logs_more));
  return code != 0 && line.failure_code != 0 ? line.failure_code : code;
}
