// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "command.hpp"
#include "values.hpp"

// `record`: its options are checked as documented, then it says that this release cannot encode. A
// script finds out by exit code, not by an unknown command.
namespace vsl::command {
namespace {

struct RecordArguments {
  std::string output, device, ipc, resolution = "1920x1080", format = "YUYV", fps = "30";
  std::string bitrate = "25000", codec = "h264", backend = "auto";
  std::uint64_t frames = 0, duration_s = 0;
  double timeout_s = 5.0;
};

Result<void> check(const RecordArguments& arguments) {
  VSL_CHECK(parse_resolution(arguments.resolution));
  VSL_CHECK(parse_fourcc(arguments.format));
  VSL_CHECK(parse_frame_rate(arguments.fps));
  VSL_CHECK(parse_bitrate_kbps(arguments.bitrate));
  VSL_CHECK(parse_codec(arguments.codec));
  VSL_CHECK(parse_backend(arguments.backend));
  return check_timeout(arguments.timeout_s);
}

int run_record(const Globals& globals, const RecordArguments& arguments) {
  const Result<void> checked = check(arguments);
  if (!checked) return report_failure(globals, ExitClass::usage, checked.error().where);
  return report_failure(globals, ExitClass::codec,
                        "record " + arguments.output +
                            ": recording needs an encoder and is not available in this release");
}

}  // namespace

void add_record(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("record", "Record camera or socket frames to an Annex B file");
  auto arguments = std::make_shared<RecordArguments>();
  command->add_option("OUTPUT", arguments->output, "File to create")->required();
  auto* device = command->add_option("-d,--device", arguments->device, "Camera node");
  command->add_option("--ipc", arguments->ipc, "Take frames from a VSL host")->excludes(device);
  command->add_option("-r,--resolution", arguments->resolution, "WxH")->capture_default_str();
  command->add_option("--format", arguments->format, "Camera FourCC")->capture_default_str();
  command->add_option("-F,--fps", arguments->fps, "Frames per second")->capture_default_str();
  command->add_option("-b,--bitrate", arguments->bitrate, "kbit/s")->capture_default_str();
  command->add_option("-f,--frames", arguments->frames, "Stop after N frames; 0 = no limit")
      ->check(CLI::NonNegativeNumber);
  command->add_option("-t,--duration", arguments->duration_s, "Stop after N seconds")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--codec", arguments->codec, "h264 or h265")->capture_default_str();
  command->add_option("--timeout", arguments->timeout_s, "Of --ipc, seconds")
      ->capture_default_str();
  command->add_option("--backend", arguments->backend, "auto, v4l2 or hantro")
      ->capture_default_str();
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_record(globals, *arguments); });
}

}  // namespace vsl::command
