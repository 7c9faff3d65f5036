// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "command.hpp"
#include "connect.hpp"
#include "pacer.hpp"
#include "reporter.hpp"
#include "source.hpp"
#include "stamp.hpp"
#include "values.hpp"
#include "videostream/host.hpp"
#include "videostream/pool.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  std::string socket, source, device, backend = "auto", codec = "h264", bitrate = "25000";
  std::string resolution, format, fps;
  std::uint64_t frames = 0;
  bool loop = false, encode = false;
  ReportOptions report;
  double lifespan_ms = 0;
  std::uint32_t buffers = 8;
  std::string access = "read", socket_mode, memory = "auto";
};

struct Settings {
  std::optional<Resolution> resolution;
  Fourcc format;
  std::optional<FrameRate> rate;
  HostOptions host;
  MemoryOptions memory;
};

// Everything a user can get wrong on the command line, in the order in which errors win.
Result<Settings> check(const Arguments& arguments) {
  Settings settings;
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

Result<std::unique_ptr<Source>> open_source(const Arguments& arguments, const Settings& settings) {
  if (arguments.source == "test") {
    return make_test_pattern(settings.resolution.value_or(Resolution{1920, 1080}),
                             settings.rate.value_or(FrameRate{}));
  }
  return open_file_source(arguments.source, {arguments.loop, settings.rate});
}

Result<Pool> make_pool(const Arguments& arguments, const Settings& settings, Resolution size) {
  PoolOptions options;
  options.format = settings.format;
  options.width_px = size.width_px;
  options.height_px = size.height_px;
  options.buffers = arguments.buffers;
  options.memory = settings.memory;
  return Pool::create(options);
}

std::uint64_t picture_bytes(const Layout& layout) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < layout.buffer_count; ++i) bytes += layout.buffer_bytes[i];
  return bytes;
}

// Proves the frame to `receive --verify`: beside its pixels, and inside them where they are ours.
Result<void> stamp_frame(Frame& frame, bool in_pixels) {
  PlaneBytes planes;
  for (std::size_t i = 0; i < frame.info().layout.plane_count; ++i) planes[i] = frame.plane(i);
  const std::span<std::byte> first = frame.plane(0);
  in_pixels = in_pixels && first.size() >= sizeof(Stamp);
  const Stamp stamp{in_pixels ? Stamp::kInPixels : Stamp::kInBlob, frame.info().source_sequence,
                    frame.info().times.captured_ns,
                    checksum_planes(planes, in_pixels ? sizeof(Stamp) : 0)};
  if (in_pixels) std::memcpy(first.data(), &stamp, sizeof stamp);
  return frame.set_blob(std::as_bytes(std::span(&stamp, 1)));
}

class Streamer {
 public:
  Streamer(const Globals& globals, const Arguments& arguments, Source& source, Pool& pool,
           Host& host)
      : arguments_(arguments),
        source_(source),
        pool_(pool),
        host_(host),
        reporter_(globals, arguments.report,
                  [this](auto& record, Record kind) { add_counters(record, kind); }) {}

  /// Until the source or the frame limit ends, or a stop is asked for.
  Result<void> run(const StopSignal& stop) {
    std::int64_t start_ns = monotonic_ns();
    while (!stop.requested() && !limit_reached()) {
      VSL_TRY(const std::optional<std::int64_t> due_ns, source_.next());
      if (!due_ns) break;
      ++sequence_;
      // After a long stop (a suspended laptop, SIGSTOP) we go on from now instead of racing.
      constexpr std::int64_t kHopelessNs = 1'000'000'000;
      const std::int64_t late_ns = monotonic_ns() - (start_ns + *due_ns);
      if (late_ns > kHopelessNs) start_ns += late_ns;
      if (pacer_.sleep_until(start_ns + *due_ns, stop)) break;
      VSL_CHECK(send_one());
      reporter_.tick();
    }
    return {};
  }

  void finish() {
    reporter_.finish();
    if (starved_ > 0) {
      log_warn(std::to_string(starved_) +
               " frames were not published: all buffers were held by readers");
    }
  }
  std::uint64_t frames() const { return reporter_.frames(); }

 private:
  bool limit_reached() const {
    return arguments_.frames != 0 && reporter_.frames() >= arguments_.frames;
  }

  Result<void> send_one() {
    const std::int64_t captured_ns = monotonic_ns();
    auto frame = pool_.acquire();
    if (!frame) {
      if (frame.error().code != std::errc::no_buffer_space) return std::move(frame).error();
      skip_starved();
      return {};
    }
    VSL_CHECK(source_.fill(*frame));
    frame->info().source_sequence = sequence_;
    frame->info().times.captured_ns = captured_ns;
    VSL_CHECK(stamp_frame(*frame, source_.stamps_pixels()));
    const std::uint64_t bytes = picture_bytes(frame->info().layout);
    VSL_CHECK(host_.publish(std::move(*frame)));
    reporter_.add_frame(bytes, monotonic_ns() - captured_ns);
    faults_.frame_done();
    return {};
  }

  void skip_starved() {
    constexpr std::int64_t kQuietNs = 1'000'000'000;
    ++starved_;
    reporter_.add_drops(1);
    if (monotonic_ns() < next_warning_ns_) return;
    next_warning_ns_ = monotonic_ns() + kQuietNs;
    log_warn("frames are skipped: all " + std::to_string(arguments_.buffers) +
             " buffers are held by readers: see videostream top " + arguments_.socket);
  }

  void add_counters(nlohmann::ordered_json& record, Record kind) {
    const HostStats stats = host_.stats();
    record["source_frames"] = sequence_;
    record["source_copies"] = reporter_.frames() * source_.copies_per_frame();
    record["bus_copies"] = 0;  // what is published is the pool's own memory, on both wires
    record["clients"] = stats.v1_clients + stats.v2_clients;
    record["fds_sent"] = stats.fds_sent;
    record["taken_back"] = stats.taken_back;
    record["frames_live"] = stats.live;
    add_faults(record, faults_, kind);
  }

  const Arguments& arguments_;
  Source& source_;
  Pool& pool_;
  Host& host_;
  Pacer pacer_;
  FaultCounter faults_;
  Reporter reporter_;
  std::uint64_t sequence_ = 0, starved_ = 0;
  std::int64_t next_warning_ns_ = 0;
};

// What of the source could not be shown. The exit code of a run that went well otherwise.
int report_damage(const Globals& globals, const std::string& source, const Damage& damage) {
  if (damage.pictures > 0) {
    log_warn(source + ": " + std::to_string(damage.pictures) +
             " packets or pictures were damaged and are missing or flawed");
  }
  if (damage.end.empty()) return 0;
  Globals on_stderr_only = globals;  // stdout has its document already
  on_stderr_only.json = false;
  return report_failure(on_stderr_only, ExitClass::general,
                        source + " ended before its end: " + damage.end);
}

int run_stream(const Globals& globals, const Arguments& arguments) {
  const auto settings = check(arguments);
  if (!settings) return report_failure(globals, ExitClass::usage, settings.error().where);
  const StopSignal stop;
  if (arguments.encode) {
    return report_failure(globals, ExitClass::codec,
                          "encode " + arguments.codec +
                              ": this release has no encoder; leave out "
                              "--encode to publish raw frames");
  }
  if (arguments.source.empty()) {
    return report_failure(globals, ExitClass::camera,
                          (arguments.device.empty() ? "no camera" : arguments.device) +
                              ": this release has no camera source; use --source test for a test "
                              "pattern or --source FILE for a video file");
  }
  auto source = open_source(arguments, *settings);
  if (!source) return report_failure(globals, Site::file, source.error());
  const Resolution size = settings->resolution.value_or((*source)->size());
  auto pool = make_pool(arguments, *settings, size);
  if (!pool) return report_failure(globals, Site::memory, pool.error());
  auto host = Host::listen(arguments.socket, settings->host);
  if (!host) return report_failure(globals, Site::socket, host.error());
  log_info("streaming " + arguments.source + " as " + settings->format.to_string() + " " +
           std::to_string(size.width_px) + "x" + std::to_string(size.height_px) + " on " +
           arguments.socket);
  Streamer streamer(globals, arguments, **source, *pool, *host);
  const Result<void> outcome = streamer.run(stop);
  if (stop.requested()) log_info("stopped by a signal");
  if (!outcome) return report_failure(globals, Site::file, outcome.error());
  streamer.finish();
  log_info("stream ended after " + std::to_string(streamer.frames()) + " frames");
  return report_damage(globals, arguments.source, (*source)->damage());
}

void add_options(CLI::App& command, Arguments& arguments) {
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

}  // namespace

void add_stream(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "stream", "Stream camera frames, a video file or a test pattern to a VSL socket");
  auto arguments = std::make_shared<Arguments>();
  add_options(*command, *arguments);
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_stream(globals, *arguments); });
}

}  // namespace vsl::command
