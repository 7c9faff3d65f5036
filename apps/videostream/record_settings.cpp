// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "record_settings.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "command.hpp"
#include "connect.hpp"
#include "number_checks.hpp"
#include "output_name.hpp"
#include "socket_name.hpp"
#include "stream_name.hpp"

namespace vsl::command {
namespace {

Error refuse(const std::string& sentence) {
  return Error::of(std::errc::invalid_argument, sentence);
}

void warn_of_extension(const RecordArguments& arguments, const RecordSettings& settings) {
  if (settings.recorder.mp4 || !arguments.ipc.empty() || settings.to_stdout) return;
  const auto named = codec_of_name(arguments.output);
  const VideoCodec codec = settings.codec_to_encode();
  if (named && *named == codec) return;
  log_warn(arguments.output + " gets raw " + name_of(codec) +
           ", which players expect in a file that ends in ." + word_of(codec));
}

Result<void> check_segments(const RecordArguments& arguments, avformat::RecorderOptions& options) {
  constexpr double kLongestSeconds = 1e6;
  if (!(arguments.segment_s >= 0 && arguments.segment_s <= kLongestSeconds)) {
    return refuse("--segment-time must be a number of seconds from 0 to 1000000");
  }
  options.segment_ns = static_cast<std::int64_t>(arguments.segment_s * 1e9);
  options.segment_bytes = arguments.segment_bytes;
  options.segment_keys = arguments.segment_keys;
  if (!arguments.faststart || options.mp4) return {};
  return refuse("--faststart is for MP4 files: '" + arguments.output +
                "' does not end in .mp4, .m4v or .mov");
}

bool is_stdout(const std::string& path) {
  struct stat output {
  }, printed{};
  if (::stat(path.c_str(), &output) != 0 || ::fstat(STDOUT_FILENO, &printed) != 0) return false;
  return output.st_dev == printed.st_dev && output.st_ino == printed.st_ino;
}

Result<void> check_stdout(const RecordArguments& arguments, RecordSettings& settings) {
  settings.to_stdout = arguments.output == "-" || is_stdout(arguments.output);
  struct stat printed {};
  const bool holds_something =
      ::fstat(STDOUT_FILENO, &printed) == 0 && S_ISREG(printed.st_mode) && printed.st_size > 0;
  if (arguments.output == "-" && holds_something) {
    return refuse(
        "stdout is a file that holds something already, which would be lost: name it "
        "instead of -, or begin with an empty one");
  }
  const bool prints = arguments.report.metrics || arguments.report.interval_s > 0;
  if (!settings.to_stdout || !prints) return {};
  return refuse("the recording itself goes to stdout: metrics cannot be printed there too");
}

Result<void> check_source(const RecordArguments& arguments, const PictureWish& picture,
                          RecordSettings& settings) {
  if (!arguments.ipc.empty()) return {};
  if (arguments.source.empty()) {
    VSL_TRY(settings.camera, check(arguments.camera, picture));
    return {};
  }
  if (picture.as_set) return refuse("--format driver needs a camera");
  PaintedSourceOptions& painted = settings.painted;
  painted.name = arguments.source;
  painted.loop = arguments.loop;
  painted.picture = picture;
  painted.pool.format = picture.format.value_or(fourcc("NV12"));
  painted.stamps = false;
  return check_picture(painted.pool.format, picture.resolution.value_or(Resolution{64, 64}));
}

}  // namespace

VideoCodec RecordSettings::codec_to_encode() const {
  if (codec) return *codec;
  const auto named = codec_of_name(recorder.path);
  return named ? *named : VideoCodec::h264;
}

void add_record_options(CLI::App& command, RecordArguments& arguments) {
  command
      .add_option("OUTPUT", arguments.output,
                  "File to write: MP4 by its extension, otherwise raw H.264 or HEVC; - for stdout")
      ->required();
  auto* source = command.add_option(
      "--source", arguments.source,
      std::string(kSourceHelp) + "; comes at the speed at which it is shown, not faster");
  auto* ipc = add_socket(command, "--ipc", arguments.ipc, "Take frames from a VSL host");
  for (CLI::Option* option : add_camera_options(command, arguments.camera)) {
    option->excludes(source)->excludes(ipc);
  }
  source->excludes(ipc);
  for (CLI::Option* option : add_host_options(command, arguments.host)) option->needs(ipc);
  command.add_option("-r,--resolution", arguments.picture.resolution,
                     "WxH (default: 1920x1080, or what the camera can; a file's or a host's own)");
  command.add_option(
      "--format", arguments.picture.format,
      "FourCC of what is captured (default: NV12; of a camera YUYV, or what it can)");
  command.add_option("-F,--fps", arguments.picture.fps,
                     "Frames per second, as 30, 29.97 or 30000/1001 (default: 30; what a camera is "
                     "set to; a file's own)");
  command.add_flag("--loop", arguments.loop, "Begin a file of --source again at its end");
  command.add_option("-b,--bitrate", arguments.bitrate, "kbit/s or 8Mbps")->capture_default_str();
  command.add_option("-f,--frames", arguments.frames, "Stop after N frames; 0 = no limit")
      ->check(whole_number());
  command
      .add_option(
          "-t,--duration", arguments.duration_s,
          "Stop after so many seconds of video, as 0.5, of a file by its own time; 0 = no limit")
      ->check(seconds_from(0));
  command.add_option("--codec", arguments.codec, "h264 or h265 (default: by the extension, h264)");
  command
      .add_option("--timeout", arguments.timeout_s,
                  "With --ipc: end after so many seconds without a host or a frame; < 0 = 1 s")
      ->capture_default_str();
  command.add_option("--backend", arguments.backend, "auto, v4l2, hantro or software")
      ->capture_default_str();
  command
      .add_option("--sync", arguments.sync_frames,
                  "Bring every N frames to the disk, for power cuts; 0 = when the system does")
      ->check(whole_number());
  command
      .add_option("--buffer", arguments.buffer_bytes,
                  "Memory for pictures that wait for a slow disk, as 16MB (default: 64MiB)")
      ->transform(CLI::AsSizeValue(true));
  command.add_flag("--faststart", arguments.faststart,
                   "At the end put the index of an MP4 file in front");
  command.add_option("--segment-time", arguments.segment_s,
                     "Begin another file every so many seconds, at a key frame");
  command
      .add_option("--segment-size", arguments.segment_bytes,
                  "… when a file has so many bytes, as 100MB or 1GiB")
      ->transform(CLI::AsSizeValue(true));
  command.add_option("--segment-keys", arguments.segment_keys, "… every N key frames")
      ->check(whole_number());
  command.add_flag("--metrics", arguments.report.metrics, "Print metrics at the end");
  command
      .add_option("--metrics-interval", arguments.report.interval_s,
                  "Print a record every N seconds")
      ->check(seconds_from(0));
}

Result<RecordSettings> check(const RecordArguments& arguments) {
  VSL_CHECK(check_other_file(arguments.source, arguments.output));
  VSL_CHECK(check_output_name(arguments.output, {FileKind::mp4, FileKind::h264, FileKind::hevc},
                              "record writes MP4 (.mp4, .m4v, .mov), or raw H.264 or HEVC (.h264, "
                              ".h265)"));
  RecordSettings settings;
  settings.recorder.path = arguments.output == "-" ? "/dev/stdout" : arguments.output;
  settings.recorder.mp4 = has_mp4_name(arguments.output);
  settings.recorder.faststart = arguments.faststart;
  settings.recorder.sync_every = arguments.sync_frames;
  settings.recorder.queue_bytes = arguments.buffer_bytes;
  settings.recorder.wait_for_disk = !arguments.source.empty();  // a camera or a host would not wait
  VSL_TRY(const PictureWish picture, check(arguments.picture));
  settings.rate = picture.rate;
  VSL_CHECK(check_source(arguments, picture, settings));
  VSL_TRY(settings.bitrate_kbps, parse_bitrate_kbps(arguments.bitrate));
  if (!arguments.codec.empty()) {
    VSL_TRY(settings.codec, parse_codec(arguments.codec));
  }
  VSL_TRY(settings.backend, parse_backend(arguments.backend));
  settings.frames = arguments.frames;
  settings.duration_ns = static_cast<std::int64_t>(arguments.duration_s * 1e9);
  VSL_CHECK(check_timeout(arguments.timeout_s));
  VSL_CHECK(check_segments(arguments, settings.recorder));
  VSL_CHECK(check_stdout(arguments, settings));
  warn_of_extension(arguments, settings);
  return settings;
}

}  // namespace vsl::command
