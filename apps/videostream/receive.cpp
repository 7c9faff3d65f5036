// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "command.hpp"
#include "connect.hpp"
#include "number_checks.hpp"
#include "receiver_run.hpp"
#include "socket_name.hpp"
#include "values.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  std::string socket, policy = "in-order", name = "receive", codec;
  ReceiveOptions receive;
  HostArguments host;
};

int finish_run(const Globals& globals, const Arguments& arguments, Receiver& receiver) {
  const Result<void> finished = receiver.finish();
  log_info("received " + std::to_string(receiver.frames()) + " frames" + receiver.decoded_text());
  if (!finished) return report_failure(globals, receiver.site(), finished.error());
  if (!arguments.receive.verify) return 0;
  const Verdicts& verdicts = receiver.verdicts();
  if (!globals.json) std::printf("%s\n", verdicts.to_line().c_str());
  if (verdicts.unverifiable > 0 && verdicts.verified + verdicts.bad() == 0) {
    log_warn("nothing was proved: the frames of " + shown_socket(arguments.socket) +
             " carry no stamps. `videostream stream` puts them on, of a camera with --checksum" +
             (arguments.receive.decode ? "" : "; --decode shows that coded frames decode"));
  }
  if (verdicts.bad() == 0) return 0;
  Globals on_stderr_only = globals;  // stdout has its document already, with the counts
  on_stderr_only.json = false;
  return report_failure(
      on_stderr_only, ExitClass::general,
      std::to_string(verdicts.bad()) + " bad frames on " + shown_socket(arguments.socket));
}

Result<ReceiveOptions> check(const Arguments& arguments) {
  ReceiveOptions receive = arguments.receive;
  VSL_TRY(receive.policy, parse_policy(arguments.policy));
  if (!arguments.codec.empty()) {
    VSL_TRY(receive.codec, parse_codec(arguments.codec));
  }
  VSL_CHECK(check_timeout(receive.timeout_s));
  return receive;
}

int run_receive(const Globals& globals, const Arguments& arguments) {
  const Result<ReceiveOptions> checked = check(arguments);
  if (!checked) return report_failure(globals, ExitClass::usage, checked.error().where);
  const ReceiveOptions& receive = *checked;
  if (receive.decode) {
    const VideoCodec codec = receive.codec.value_or(VideoCodec::h264);
    const Result<void> possible = check_codec(fourcc_of(codec), false);
    if (!possible) return report_failure(globals, Site::codec, possible.error());
  }
  const StopSignal stop;
  ClientOptions options;
  options.policy = receive.policy;
  options.name = arguments.name;
  options.max_leases = std::max<std::uint32_t>(options.max_leases, receive.hold + 1);
  if (const Result<void> host = apply(arguments.host, options); !host) {
    return report_failure(globals, ExitClass::usage, host.error().where);
  }
  auto client = connect_patiently(arguments.socket, options, receive.timeout(), stop);
  if (!client) {
    return report_failure(globals, ExitClass::socket,
                          socket_sentence(arguments.socket, client.error()));
  }
  if (!*client) {
    log_info("stopped by a signal while waiting for a host at " + shown_socket(arguments.socket));
    return 0;
  }
  Receiver receiver(globals, receive, **client);
  const Result<void> outcome = receiver.run(stop);
  if (stop.requested()) log_info(stop.sentence());
  if (!outcome && outcome.error().code == std::errc::timed_out) {
    return report_failure(globals, ExitClass::timeout, outcome.error().where);
  }
  if (!outcome) return report_failure(globals, receiver.site(), outcome.error());
  return finish_run(globals, arguments, receiver);
}

void add_options(CLI::App& command, Arguments& arguments) {
  constexpr int kMostHeld = 62;  // the protocol's 63 leases, less the one being looked at
  ReceiveOptions& receive = arguments.receive;
  add_socket(command, "SOCKET", arguments.socket, kSocketHelp)->required();
  command.add_option("-f,--frames", receive.frames, "Stop after N frames; 0 = at a signal")
      ->check(whole_number())
      ->capture_default_str();
  command
      .add_option("-t,--timeout", receive.timeout_s,
                  "Give up after so many seconds without a host or a frame; < 0 = 1 s")
      ->capture_default_str();
  command.add_flag("--decode", receive.decode, "Decode coded frames");
  command.add_option("--codec", arguments.codec,
                     "What frames to decode have to be (default: as they say)");
  command.add_flag("--metrics", receive.report.metrics, "Print metrics at the end");
  command
      .add_option("--metrics-interval", receive.report.interval_s, "Print a record every N seconds")
      ->check(seconds_from(0));
  command.add_flag("--verify", receive.verify,
                   "Prove every frame whole by its stamp; a bad one ends in exit code 1");
  command.add_flag("--touch", receive.touch, "Read a byte of every page of every frame");
  command.add_option("--policy", arguments.policy, "newest, in-order, in-order:N or every:K")
      ->capture_default_str();
  command.add_option("--slow", receive.slow_ms, "Hold each frame for so many ms")
      ->check(whole_number(0, 3'600'000));
  command.add_option("--hold", receive.hold, "Keep the last N frames")
      ->check(whole_number(0, kMostHeld));
  command.add_option("--name", arguments.name, "Shown by `videostream top`")->capture_default_str();
  add_host_options(command, arguments.host);
}

}  // namespace

void add_receive(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("receive", "Receive frames from a VSL socket, count, measure and verify");
  auto arguments = std::make_shared<Arguments>();
  add_options(*command, *arguments);
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_receive(globals, *arguments); });
}

}  // namespace vsl::command
