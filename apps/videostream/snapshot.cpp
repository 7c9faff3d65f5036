// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "command.hpp"
#include "connect.hpp"
#include "json_output.hpp"
#include "metrics.hpp"
#include "picture_file.hpp"
#include "values.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  std::string socket, output;
  double timeout_s = 5.0;
};

// The newest frame, waited for in slices so that a signal ends it. Nothing at a signal.
Result<std::optional<Lease>> one_frame(Client& client, std::chrono::nanoseconds patience,
                                       const StopSignal& stop) {
  constexpr std::chrono::nanoseconds kSlice = std::chrono::milliseconds(50);
  const std::int64_t give_up_ns = monotonic_ns() + patience.count();
  while (!stop.requested()) {
    VSL_TRY(std::optional<Lease> lease, client.wait_frame(std::min(kSlice, patience)));
    if (lease) return lease;
    if (monotonic_ns() >= give_up_ns) {
      return Error::of(std::errc::timed_out, "wait for a frame on " + client.path());
    }
  }
  return std::optional<Lease>();
}

int run_snapshot(const Globals& globals, const Arguments& arguments) {
  const auto format = picture_format_of(arguments.output);
  if (!format) return report_failure(globals, ExitClass::usage, format.error().where);
  const Result<void> checked = check_timeout(arguments.timeout_s);
  if (!checked) return report_failure(globals, ExitClass::usage, checked.error().where);
  const StopSignal stop;
  const auto patience = timeout_from_seconds(arguments.timeout_s);
  ClientOptions options;
  options.name = "snapshot";
  auto client = connect_patiently(arguments.socket, options, patience, stop);
  if (!client) {
    return report_failure(globals, ExitClass::socket,
                          socket_sentence(arguments.socket, client.error()));
  }
  if (!*client) return 0;
  const auto lease = one_frame(**client, patience, stop);
  if (!lease) return report_failure(globals, Site::socket, lease.error());
  if (!*lease) return 0;
  const Result<void> written = write_picture(**lease, *format, arguments.output);
  if (!written) return report_failure(globals, Site::file, written.error());
  const FrameInfo info = (*lease)->info();
  if (globals.json) {
    const nlohmann::ordered_json record{{"output", arguments.output},
                                        {"serial", info.serial},
                                        {"format", info.layout.fourcc.to_string()},
                                        {"width", info.layout.width_px},
                                        {"height", info.layout.height_px}};
    print_json(record);
  } else {
    std::printf("%s: frame %llu, %ux%u\n", arguments.output.c_str(),
                static_cast<unsigned long long>(info.serial), info.layout.width_px,
                info.layout.height_px);
  }
  return 0;
}

}  // namespace

void add_snapshot(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command = app.add_subcommand("snapshot", "Save one frame of a VSL socket as a picture");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("SOCKET", arguments->socket, kSocketHelp)->required();
  command->add_option("-o,--output", arguments->output, "File to write: .png or .ppm")->required();
  command
      ->add_option("-t,--timeout", arguments->timeout_s,
                   "Give up after so many seconds without a host or a frame")
      ->capture_default_str();
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_snapshot(globals, *arguments); });
}

}  // namespace vsl::command
