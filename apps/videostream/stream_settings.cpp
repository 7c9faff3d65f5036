// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "stream_settings.hpp"

#include <chrono>

#include "connect.hpp"

namespace vsl::command {

void add_stream_options(CLI::App& command, StreamArguments& arguments) {
  command.add_option("SOCKET", arguments.socket, kSocketHelp)->required();
  auto* source = command.add_option("--source", arguments.source,
                                    "'test' for a test pattern, or a video file (default: camera)");
  command.add_option("-d,--device", arguments.device, "Camera node")->excludes(source);
  command.add_option("-r,--resolution", arguments.resolution,
                     "WxH (default: 1920x1080; a file's own size)");
  command.add_option("--format", arguments.format, "FourCC of the frames (default: NV12)");
  command.add_option("-F,--fps", arguments.fps,
                     "Frames per second, as 30, 29.97 or 30000/1001 (default: 30; a file's own)");
  command.add_option("-f,--frames", arguments.frames, "Stop after N frames; 0 = no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_flag("--loop", arguments.loop, "Begin a file again at its end");
  command.add_flag("-e,--encode", arguments.encode, "Publish coded video instead of raw frames");
  command.add_option("-b,--bitrate", arguments.bitrate, "Of coded video, kbit/s or 8Mbps")
      ->capture_default_str();
  command.add_option("--codec", arguments.codec, "h264 or h265")->capture_default_str();
  command.add_option("--backend", arguments.backend, "auto, v4l2, hantro or software")
      ->capture_default_str();
  command.add_flag("--metrics", arguments.report.metrics, "Print metrics at the end");
  command
      .add_option("--metrics-interval", arguments.report.interval_s,
                  "Print a record every N seconds")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--lifespan", arguments.lifespan_ms,
                  "Frames expire after so many ms; 0 = when their buffer is needed")
      ->capture_default_str();
  command.add_option("--buffers", arguments.buffers, "Buffers that frames take turns in")
      ->check(CLI::Range(4, 64))
      ->capture_default_str();
  command
      .add_option("--access", arguments.access,
                  "What clients may do with the pixels: read, or read_write for clients of release "
                  "2.5, which map writable (other users who may connect then write them too)")
      ->capture_default_str();
  command.add_option(
      "--socket-mode", arguments.socket_mode,
      "Octal permissions of the socket file, as 660 or 666 to let other users connect "
      "(default: what the umask leaves)");
  command.add_option("--memory", arguments.memory, "auto, memfd, dma-heap, udmabuf or shm")
      ->capture_default_str();
}

Result<StreamSettings> check(const StreamArguments& arguments) {
  StreamSettings settings;
  if (!arguments.resolution.empty()) {
    VSL_TRY(settings.resolution, parse_resolution(arguments.resolution));
  }
  VSL_TRY(settings.format, parse_fourcc(arguments.format.empty() ? "NV12" : arguments.format));
  if (!arguments.fps.empty()) {
    VSL_TRY(settings.rate, parse_frame_rate(arguments.fps));
  }
  VSL_CHECK(check_picture(settings.format, settings.resolution.value_or(Resolution{64, 64})));
  VSL_CHECK(parse_bitrate_kbps(arguments.bitrate));
  VSL_CHECK(parse_codec(arguments.codec));
  VSL_CHECK(check_backend(arguments.backend));
  VSL_TRY(settings.host.access, parse_access(arguments.access));
  VSL_TRY(settings.memory.source, parse_memory(arguments.memory));
  settings.memory.access = settings.host.access;
  if (!arguments.socket_mode.empty()) {
    VSL_TRY(settings.host.socket_mode, parse_mode(arguments.socket_mode));
    if (!arguments.socket.starts_with('/')) {
      return Error::of(std::errc::invalid_argument,
                       "--socket-mode needs a socket that is a file: '" + arguments.socket +
                           "' has no leading '/' and is an abstract name, which has no mode");
    }
  }
  constexpr double kLongestMs = 1e9;
  if (!(arguments.lifespan_ms >= 0 && arguments.lifespan_ms <= kLongestMs)) {
    return Error::of(std::errc::invalid_argument,
                     "--lifespan must be a number of ms from 0 to 1000000000");
  }
  settings.host.lifespan =
      std::chrono::nanoseconds(static_cast<std::int64_t>(arguments.lifespan_ms * 1e6));
  settings.host.service_thread = true;  // clients are served while we sleep and while we decode
  return settings;
}

}  // namespace vsl::command
