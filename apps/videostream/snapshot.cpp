// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "camera_setup.hpp"
#include "command.hpp"
#include "connect.hpp"
#include "json_output.hpp"
#include "metrics.hpp"
#include "picture_file.hpp"
#include "socket_name.hpp"
#include "values.hpp"
#include "videostream/codec.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  std::string from, output;
  double timeout_s = 5.0;
  PictureArguments picture;
  CameraArguments camera;
  HostArguments host;
  std::uint32_t skip = 0;
  bool of_camera = false;
};

// What was typed where a socket may stand, too.
bool is_device(const std::string& path) {
  struct stat status {};
  return path.starts_with("/dev/video") ||
         (::stat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode));
}

Error no_frame(const char* what, const std::string& where, std::chrono::nanoseconds patience) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", std::chrono::duration<double>(patience).count());
  return Error::of(std::errc::timed_out, std::string("no ") + what + " within " + seconds +
                                             " seconds on " + where + "; --timeout waits longer");
}

// The newest frame, waited for in slices so that a signal ends it. Nothing at a signal.
Result<std::optional<Lease>> one_frame(Client& client, std::chrono::nanoseconds patience,
                                       const StopSignal& stop) {
  constexpr std::chrono::nanoseconds kSlice = std::chrono::milliseconds(50);
  const std::int64_t give_up_ns = monotonic_ns() + patience.count();
  while (!stop.requested()) {
    auto lease = client.wait_frame(std::min(kSlice, patience));
    if (!lease && lease.error().code == std::errc::interrupted) continue;
    if (!lease || *lease) return lease;
    if (monotonic_ns() >= give_up_ns) {
      Error error = no_frame("frame", shown_socket(client.path()), patience);
      error.where += refused_sentence(client);
      return error;
    }
  }
  return std::optional<Lease>();
}

// The next frame that can be decoded alone, `lease` being the first that may be one. As above.
Result<std::optional<Lease>> key_frame(Client& client, Lease lease,
                                       std::chrono::nanoseconds patience, const StopSignal& stop) {
  const std::int64_t give_up_ns = monotonic_ns() + patience.count();
  while (!lease.info().key_frame) {
    if (monotonic_ns() >= give_up_ns) {
      return no_frame("key frame", shown_socket(client.path()), patience);
    }
    VSL_TRY(auto next, one_frame(client, patience, stop));
    if (!next) return next;
    lease = std::move(*next);
  }
  return std::optional(std::move(lease));
}

Result<Frame> decode_one(Decoder& decoder, const Lease& lease) {
  VSL_CHECK(decoder.decode(lease));
  VSL_CHECK(decoder.drain());
  VSL_TRY(auto picture, decoder.next_picture());
  if (picture) return std::move(*picture);
  return Error::of(std::errc::not_supported,
                   "decode key frame " + std::to_string(lease.serial()) +
                       ": it is damaged, or lacks its parameter sets: no picture came of it");
}

// The same of a camera, after those that are skipped.
Result<std::optional<Frame>> one_frame(Camera& camera, std::uint32_t skip,
                                       std::chrono::nanoseconds patience, const StopSignal& stop) {
  constexpr std::chrono::nanoseconds kSlice = std::chrono::milliseconds(50);
  std::int64_t give_up_ns = monotonic_ns() + patience.count();
  while (!stop.requested()) {
    auto frame = camera.capture(kSlice);  // a signal ends it
    if (!frame && frame.error().code == std::errc::interrupted) continue;
    if (!frame) return frame;
    if (*frame && skip-- == 0) return frame;
    if (*frame) {
      give_up_ns = monotonic_ns() + patience.count();
    } else if (monotonic_ns() >= give_up_ns) {
      return no_frame("picture", camera.device().path, patience);
    }
  }
  return std::optional<Frame>();
}

int save(const Globals& globals, const Arguments& arguments, const Result<Rgb>& rgb,
         const FrameInfo& info) {
  if (!rgb) return report_failure(globals, Site::file, rgb.error());
  const auto format = picture_format_of(arguments.output);
  const Result<void> written = write_picture(*rgb, *format, arguments.output);
  if (!written) return report_failure(globals, Site::file, written.error());
  const std::uint64_t number = arguments.of_camera ? info.source_sequence : info.serial;
  if (globals.json) {
    const nlohmann::ordered_json record{{"output", arguments.output},
                                        {arguments.of_camera ? "sequence" : "serial", number},
                                        {"format", info.layout.fourcc.to_string()},
                                        {"width", rgb->width_px},
                                        {"height", rgb->height_px}};
    print_json(record);
  } else {
    // Not among the bytes of the picture.
    std::fprintf(arguments.output == "-" ? stderr : stdout, "%s: frame %llu, %ux%u\n",
                 arguments.output == "-" ? "stdout" : arguments.output.c_str(),
                 static_cast<unsigned long long>(number), rgb->width_px, rgb->height_px);
  }
  return 0;
}

int stopped(const Globals& globals, const Arguments& arguments) {
  const std::string output = arguments.output == "-" ? "stdout" : arguments.output;
  return report_failure(globals, ExitClass::general,
                        "stopped by a signal: " + output + " was not written");
}

int snapshot_of_camera(const Globals& globals, const Arguments& arguments,
                       const CameraSetup& setup) {
  const StopSignal stop;
  auto camera = open_camera(setup);
  if (!camera) return report_failure(globals, Site::camera, camera.error());
  const Result<void> started = camera->start();
  if (!started) return report_failure(globals, Site::camera, started.error());
  auto frame = one_frame(*camera, arguments.skip, timeout_from_seconds(arguments.timeout_s), stop);
  if (!frame) return report_failure(globals, Site::camera, frame.error());
  if (!*frame) return stopped(globals, arguments);
  return save(globals, arguments, to_rgb(**frame), (*frame)->info());
}

int snapshot_of_socket(const Globals& globals, const Arguments& arguments) {
  const StopSignal stop;
  const auto patience = timeout_from_seconds(arguments.timeout_s);
  ClientOptions options;
  options.name = "snapshot";
  if (const Result<void> host = apply(arguments.host, options); !host) {
    return report_failure(globals, ExitClass::usage, host.error().where);
  }
  auto client = connect_patiently(arguments.from, options, patience, stop);
  if (!client) {
    return report_failure(globals, ExitClass::socket,
                          socket_sentence(arguments.from, client.error()));
  }
  if (!*client) return stopped(globals, arguments);
  auto lease = one_frame(**client, patience, stop);
  if (!lease) return report_failure(globals, Site::socket, lease.error());
  if (!*lease) return stopped(globals, arguments);
  const Fourcc format = (*lease)->info().layout.fourcc;
  if (is_raw(format)) return save(globals, arguments, to_rgb(**lease), (*lease)->info());
  auto decoder = Decoder::create({.codec = format, .low_latency = true});
  if (!decoder) return report_failure(globals, Site::codec, decoder.error());
  lease = key_frame(**client, std::move(**lease), patience, stop);
  if (!lease) return report_failure(globals, Site::socket, lease.error());
  if (!*lease) return stopped(globals, arguments);
  auto picture = decode_one(*decoder, **lease);
  if (!picture) return report_failure(globals, Site::codec, picture.error());
  return save(globals, arguments, to_rgb(*picture), (*lease)->info());
}

Result<CameraSetup> check(const Globals& globals, const Arguments& arguments) {
  if (globals.json && arguments.output == "-") {
    return Error::of(std::errc::invalid_argument,
                     "--json and the picture cannot both go to stdout: name an output file");
  }
  VSL_CHECK(picture_format_of(arguments.output));
  VSL_CHECK(check_timeout(arguments.timeout_s));
  VSL_TRY(const PictureWish picture, check(arguments.picture));
  return check(arguments.camera, picture);
}

int run_snapshot(const Globals& globals, const Arguments& arguments) {
  const auto setup = check(globals, arguments);
  if (!setup) return report_failure(globals, ExitClass::usage, setup.error().where);
  return arguments.of_camera ? snapshot_of_camera(globals, arguments, *setup)
                             : snapshot_of_socket(globals, arguments);
}

void add_options(CLI::App& command, Arguments& arguments) {
  auto* from = add_socket(command, "SOURCE", arguments.from,
                          "A camera as /dev/video0, or a socket: " + std::string(kSocketHelp));
  command
      .add_option("-o,--output", arguments.output,
                  "File to write: .png or .ppm; - for PNG to stdout")
      ->required();
  command
      .add_option("-t,--timeout", arguments.timeout_s,
                  "Give up after so many seconds without a host or a frame")
      ->capture_default_str();
  add_host_options(command, arguments.host);
  auto of_cameras = add_camera_options(command, arguments.camera);
  CLI::Option* device = of_cameras.front()->excludes(from);
  of_cameras.push_back(
      command.add_option("-r,--resolution", arguments.picture.resolution, "Of a camera: WxH"));
  of_cameras.push_back(
      command.add_option("--format", arguments.picture.format, "Of a camera: FourCC"));
  of_cameras.push_back(command.add_option(
      "--skip", arguments.skip, "Of a camera: first pictures to pass over, while it adjusts"));
  command.parse_complete_callback([=, &arguments] {
    if (from->empty() && device->empty()) throw CLI::RequiredError("SOURCE or --device");
    if (is_device(arguments.from)) arguments.camera.device = arguments.from;
    arguments.of_camera = from->empty() || is_device(arguments.from);
    for (const CLI::Option* option : of_cameras) {
      if (arguments.of_camera || option->empty()) continue;
      throw CLI::ValidationError(option->get_name(), arguments.from + " is not a camera");
    }
  });
}

}  // namespace

void add_snapshot(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("snapshot", "Save one frame of a VSL socket or a camera as a picture");
  auto arguments = std::make_shared<Arguments>();
  add_options(*command, *arguments);
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_snapshot(globals, *arguments); });
}

}  // namespace vsl::command
