// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "videostream/result.hpp"

// Not <CLI/CLI.hpp>, which takes longer to compile than everything of ours.
namespace CLI {
class App;
}

namespace vsl::command {

/// The options that may stand before or after any command.
struct Globals {
  bool json = false, verbose = false, quiet = false;
};

/// Exit codes that scripts depend on.
enum class ExitClass : int {
  success = 0,
  general = 1,
  usage = 2,
  camera = 3,
  codec = 4,
  socket = 5,
  timeout = 6,
};

/// What was being worked on when an Error came up. Decides its class together with the code: the
/// same "No such file" is a camera's, a socket's or an output file's problem.
enum class Site { socket, camera, codec, file, memory };

ExitClass exit_class(const Error& error, Site site);

/// Says why a run failed: one line on stderr that starts with the class's words, with `--json` also
/// {"error":{"code","class","message"}} on stdout. Returns the exit code.
int report_failure(const Globals& globals, ExitClass exit_class, const std::string& message);
/// `advice` is for who asked: it goes behind the sentence.
int report_failure(const Globals& globals, Site site, const Error& error,
                   const std::string& advice = {});

/// Why, without the class's words in front, and what helps where that is known.
std::string failure_sentence(Site site, const Error& error);

/// What is in "error" there, for a document that has more to tell.
nlohmann::ordered_json failure_json(ExitClass exit_class, const std::string& message);

/// The same object for a caller that has told stderr itself.
void print_failure_json(ExitClass exit_class, const std::string& message);

/// Log lines on stderr, "[INFO ] text". The level comes from VSL_LOG, RUST_LOG or -v and -q.
void set_up_log(const Globals& globals);
/// Whether anybody wants to read more than errors.
bool logs_info();
void log_debug(const std::string& text);
void log_info(const std::string& text);
void log_warn(const std::string& text);

/// From now on a stop signal is remembered instead of ending the process: main() begins with it,
/// since a command takes a while to come to its StopSignal.
void expect_stop_signals();
/// For commands with nothing to end in good order: signals do what they did before. One that has
/// come ends the process now.
void leave_stop_signals();

/// Ends the run as a stop signal would: nobody reads its results any more.
void request_stop();

/// The orderly end on SIGINT, SIGTERM, SIGQUIT and SIGHUP (unless nohup has it ignored). While it
/// lives a first signal only makes fd() readable. Others within a second are the same wish, said
/// twice: `timeout`, `sudo` and shells signal a process and its group. A later one ends the process
/// at once. SIGPIPE and SIGXFSZ are ignored from then on. One per process.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const noexcept;
  /// For people, once requested: what stopped it.
  const char* sentence() const noexcept;
  /// Readable, and stays so, once a stop was asked for. Borrowed.
  int fd() const noexcept;
  /// Sleeps until a stop is asked for or `timeout_ms` is over; < 0: no limit. Whether it was.
  bool wait_ms(int timeout_ms) const noexcept;
  /// The same, and until `fd` is readable.
  bool wait_readable(int fd, int timeout_ms) const noexcept;
};

/// Each registers one sub-command. Its callback runs after all options are known and leaves the
/// process's exit code in `exit_code`. What is passed must outlive the App.
void add_stream(CLI::App& app, Globals& globals, int& exit_code);
void add_receive(CLI::App& app, Globals& globals, int& exit_code);
void add_snapshot(CLI::App& app, Globals& globals, int& exit_code);
void add_demo(CLI::App& app, Globals& globals, int& exit_code);
void add_bench(CLI::App& app, Globals& globals, int& exit_code);
void add_top(CLI::App& app, Globals& globals, int& exit_code);
void add_list(CLI::App& app, Globals& globals, int& exit_code);
void add_info(CLI::App& app, Globals& globals, int& exit_code);
void add_devices(CLI::App& app, Globals& globals, int& exit_code);
void add_record(CLI::App& app, Globals& globals, int& exit_code);
void add_decode(CLI::App& app, Globals& globals, int& exit_code);
void add_convert(CLI::App& app, Globals& globals, int& exit_code);

}  // namespace vsl::command
