// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "camera_source.hpp"
#include "command.hpp"
#include "connect.hpp"
#include "output_name.hpp"
#include "record_run.hpp"
#include "record_settings.hpp"
#include "socket_name.hpp"

namespace vsl::command {
namespace {

// Whether anybody here encodes what is wanted, asked before a file or a device is touched. Frames
// of a host and of some cameras are coded already.
Result<void> check_encoder(const RecordArguments& arguments, const RecordSettings& settings) {
  const Fourcc format = settings.camera.options.format;
  if (!arguments.ipc.empty() || video_codec_of(format)) return {};
  VSL_CHECK(Encoder::create(encoder_options(settings, FrameRate{})));
  return {};
}

Result<std::unique_ptr<Source>> open_source(const RecordArguments& arguments,
                                            const RecordSettings& settings) {
  if (!arguments.source.empty()) return open_painted_source(settings.painted);
  VSL_TRY(Camera camera, open_camera(settings.camera));
  return CameraSource::start(std::move(camera), false);
}

Result<avformat::Recorder> open_recorder(const RecordArguments& arguments,
                                         const RecordSettings& settings) {
  tell_of_pipe(arguments.output, PipeEnd::read);
  return avformat::Recorder::create(settings.recorder);
}

int report_no_recorder(const Globals& globals, const Error& error, const StopSignal& stop) {
  if (!stop.requested() || error.code != std::errc::interrupted) {
    return report_failure(globals, Site::file, error);
  }
  log_info("stopped by a signal while nobody read the pipe");
  return 0;
}

int record_source(const Globals& globals, const RecordArguments& arguments,
                  const RecordSettings& settings, const StopSignal& stop) {
  auto recorder = open_recorder(arguments, settings);
  if (!recorder) return report_no_recorder(globals, recorder.error(), stop);
  auto source = open_source(arguments, settings);
  if (!source && arguments.source.empty()) return report_camera_failure(globals, source.error());
  if (!source) return report_failure(globals, Site::file, source.error());
  const FrameRate rate = settings.rate.value_or((*source)->rate().value_or(FrameRate{}));
  log_info("recording " + (*source)->name() + " as " + (*source)->description() + " to " +
           arguments.output);
  return RecordRun(globals, arguments, settings, std::move(*recorder), rate).run(**source, stop);
}

int record_bus(const Globals& globals, const RecordArguments& arguments,
               const RecordSettings& settings, const StopSignal& stop) {
  auto recorder = open_recorder(arguments, settings);
  if (!recorder) return report_no_recorder(globals, recorder.error(), stop);
  ClientOptions client_options;
  client_options.policy = Policy::in_order(256);
  client_options.name = "record";
  if (const Result<void> host = apply(arguments.host, client_options); !host) {
    return report_failure(globals, ExitClass::usage, host.error().where);
  }
  auto client = connect_patiently(arguments.ipc, client_options,
                                  timeout_from_seconds(arguments.timeout_s), stop);
  if (!client) {
    return report_failure(globals, ExitClass::socket,
                          socket_sentence(arguments.ipc, client.error()));
  }
  if (!*client) {
    log_info("stopped by a signal while waiting for a host at " + shown_socket(arguments.ipc));
    return 0;
  }
  log_info("recording frames of " + shown_socket(arguments.ipc) + " to " + arguments.output);
  const FrameRate rate = settings.rate.value_or(FrameRate{});
  return RecordRun(globals, arguments, settings, std::move(*recorder), rate).run(**client, stop);
}

int run_record(const Globals& globals, const RecordArguments& arguments) {
  const auto settings = check(arguments);
  if (!settings) return report_failure(globals, ExitClass::usage, settings.error().where);
  if (settings->to_stdout && globals.json) {
    std::fputs("Invalid arguments: the recording itself goes to stdout: --json has no place\n",
               stderr);
    return static_cast<int>(ExitClass::usage);
  }
  const StopSignal stop;
  const Result<void> encoder = check_encoder(arguments, *settings);
  if (!encoder && !stop.requested()) {  // a signal interrupts the look for one
    return report_failure(globals, ExitClass::codec,
                          "recording needs an encoder: " + encoder.error().where);
  }
  return arguments.ipc.empty() ? record_source(globals, arguments, *settings, stop)
                               : record_bus(globals, arguments, *settings, stop);
}

}  // namespace

void add_record(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "record", "Record camera or socket frames, a video file or a test pattern to a file");
  auto arguments = std::make_shared<RecordArguments>();
  add_record_options(*command, *arguments);
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_record(globals, *arguments); });
}

}  // namespace vsl::command
