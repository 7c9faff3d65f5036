// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "stream_settings.hpp"

#include <CLI/CLI.hpp>
#include <chrono>

#include "connect.hpp"
#include "number_checks.hpp"
#include "open_source.hpp"
#include "socket_name.hpp"

namespace vsl::command {
namespace {

Error refuse(const std::string& sentence) {
  return Error::of(std::errc::invalid_argument, sentence);
}

Result<void> check_buffers(std::uint32_t buffers, std::uint32_t fewest, std::uint32_t most) {
  if (buffers >= fewest && buffers <= most) return {};
  return refuse("--buffers must be " + std::to_string(fewest) + " to " + std::to_string(most) +
                " here");
}

// What concerns the kind of source that was asked for, and not the other.
Result<void> check_source(const StreamArguments& arguments, const MemoryOptions& memory,
                          StreamSettings& settings) {
  if (arguments.source.empty()) {
    VSL_TRY(settings.camera, check(arguments.camera, settings.picture));
    CameraOptions& camera = settings.camera.options;
    camera.buffers = arguments.buffers.value_or(camera.buffers);
    camera.import = memory;
    camera.access = memory.access;
    return check_buffers(camera.buffers, 2, 32);
  }
  if (settings.picture.as_set) return refuse("--format driver needs a camera");
  PoolOptions& pool = settings.pool;
  pool.format = settings.picture.format.value_or(fourcc("NV12"));
  pool.buffers = arguments.buffers.value_or(pool.buffers);
  pool.memory = memory;
  VSL_CHECK(check_picture(pool.format, settings.picture.resolution.value_or(Resolution{64, 64})));
  return check_buffers(pool.buffers, 4, 64);
}

Result<void> check_socket(const StreamArguments& arguments, HostOptions& host) {
  constexpr std::uint32_t kMost = 1024;
  if (arguments.max_clients < 1 || arguments.max_clients > kMost) {
    return refuse("--max-clients must be from 1 to 1024");
  }
  host.max_clients = arguments.max_clients;
  if (arguments.socket_mode.empty()) return {};
  VSL_TRY(host.socket_mode, parse_mode(arguments.socket_mode));
  if (arguments.socket.starts_with('/')) return {};
  return refuse("--socket-mode needs a socket that is a file: '" + shown_socket(arguments.socket) +
                "' has no leading '/' and is an abstract name, which has no mode");
}

Result<void> check_lifespan(const StreamArguments& arguments, HostOptions& host) {
  constexpr double kLongestMs = 1e9;
  const double lifespan_ms = arguments.lifespan_ms.value_or(0);
  if (!(lifespan_ms >= 0 && lifespan_ms <= kLongestMs)) {
    return refuse("--lifespan must be a number of ms from 0 to 1000000000");
  }
  host.lifespan = std::chrono::nanoseconds(static_cast<std::int64_t>(lifespan_ms * 1e6));
  return {};
}

}  // namespace

void add_stream_options(CLI::App& command, StreamArguments& arguments) {
  auto* socket = add_socket(command, "SOCKET", arguments.socket, kSocketHelp);
  auto* source = command.add_option("--source", arguments.source, kSourceHelp);
  auto of_cameras = add_camera_options(command, arguments.camera);
  of_cameras.push_back(command.add_flag("--list-controls", arguments.list_controls,
                                        "Show the camera's controls instead of streaming"));
  of_cameras.push_back(command.add_flag("--checksum", arguments.checksum,
                                        "Read each picture once, so that `receive --verify` can "
                                        "prove it whole; other sources always do"));
  for (CLI::Option* option : of_cameras) option->excludes(source);
  command.add_option("-r,--resolution", arguments.picture.resolution,
                     "WxH (default: 1920x1080, or what the camera can; a file's own size)");
  command.add_option("--format", arguments.picture.format,
                     "FourCC of the frames (default: NV12; of a camera YUYV, or what it can; "
                     "driver: what the camera is set to)");
  command.add_option("-F,--fps", arguments.picture.fps,
                     "Frames per second, as 30, 29.97 or 30000/1001 (default: 30; what a camera is "
                     "set to; a file's own)");
  command.add_option("-f,--frames", arguments.frames, "Stop after N frames; 0 = no limit")
      ->check(whole_number())
      ->capture_default_str();
  command.add_flag("--loop", arguments.loop, "Begin a file again at its end");
  command.add_flag("-e,--encode", arguments.encode, "Publish coded video instead of raw frames");
  command.add_option("-b,--bitrate", arguments.bitrate, "Of coded video, kbit/s or 8Mbps")
      ->capture_default_str();
  command.add_option("--codec", arguments.codec, "h264 or h265")->capture_default_str();
  command.add_option("--backend", arguments.backend, "auto, v4l2, hantro or software")
      ->capture_default_str();
  command.add_option("--frame-log", arguments.frame_log,
                     "Write a line of CSV for each frame to this file");
  command.add_flag("--metrics", arguments.report.metrics, "Print metrics at the end");
  command
      .add_option("--metrics-interval", arguments.report.interval_s,
                  "Print a record every N seconds")
      ->check(seconds_from(0));
  command.add_option("--lifespan", arguments.lifespan_ms,
                     "Frames expire after so many ms; 0 = when their buffer is needed "
                     "(default: 0; of a camera the time of two frames)");
  command.add_option("--buffers", arguments.buffers,
                     "Buffers that frames take turns in, 4 to 64 (default: 8), of a camera 2 to 32 "
                     "(default: 6)");
  command
      .add_option("--access", arguments.access,
                  "What clients may do with the pixels: read, or read_write for clients of release "
                  "2.5, which map writable (other users who may connect then write them too)")
      ->capture_default_str();
  command.add_option(
      "--socket-mode", arguments.socket_mode,
      "Octal permissions of the socket file, as 660 or 666 to let other users connect "
      "(default: what the umask leaves)");
  command
      .add_option(
          "--max-clients", arguments.max_clients,
          "Clients at a time, 1 to 1024; another user has a quarter of them at most, and an "
          "eighth is kept for you and root")
      ->capture_default_str();
  command.add_option("--memory", arguments.memory, "auto, memfd, dma-heap, udmabuf or shm")
      ->capture_default_str();
  // A parse error like any other, yet `--list-controls` needs none.
  command.parse_complete_callback([socket, &arguments] {
    if (socket->empty() && !arguments.list_controls) throw CLI::RequiredError("SOCKET");
  });
}

namespace {

Result<void> check_encoder(const StreamArguments& arguments, StreamSettings& settings) {
  EncoderOptions options;
  VSL_TRY(const std::uint32_t kbps, parse_bitrate_kbps(arguments.bitrate));
  VSL_TRY(const VideoCodec codec, parse_codec(arguments.codec));
  VSL_TRY(options.backend, parse_backend(arguments.backend));
  options.bitrate_bps = std::uint64_t{kbps} * 1000;
  options.codec = fourcc_of(codec);
  if (const auto& rate = settings.picture.rate) {
    options.rate_numerator = static_cast<std::uint32_t>(rate->numerator);
    options.rate_denominator = static_cast<std::uint32_t>(rate->denominator);
  }
  if (arguments.encode) settings.encoder = options;
  return {};
}

}  // namespace

Result<StreamSettings> check(const StreamArguments& arguments) {
  StreamSettings settings;
  MemoryOptions memory;
  if (arguments.frame_log == "-") {
    return refuse("--frame-log needs a file; /dev/stdout prints it");
  }
  VSL_TRY(settings.picture, check(arguments.picture));
  VSL_TRY(memory.source, parse_memory(arguments.memory));
  VSL_TRY(memory.access, parse_access(arguments.access));
  VSL_CHECK(check_source(arguments, memory, settings));
  VSL_CHECK(check_encoder(arguments, settings));
  VSL_CHECK(check_socket(arguments, settings.host));
  VSL_CHECK(check_lifespan(arguments, settings.host));
  settings.host.access = memory.access;
  settings.host.service_thread = true;  // clients are served while we sleep and while we decode
  return settings;
}

}  // namespace vsl::command
