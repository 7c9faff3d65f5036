// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "camera_controls.hpp"
#include "camera_source.hpp"
#include "command.hpp"
#include "encoded_source.hpp"
#include "painted_source.hpp"
#include "stream_settings.hpp"
#include "streamer.hpp"

namespace vsl::command {
namespace {

constexpr Resolution kPatternSize{1920, 1080};

Result<std::unique_ptr<Painter>> open_painter(const std::string& name, bool loop,
                                              const PictureWish& picture) {
  if (name == "test") {
    return make_test_pattern(picture.resolution.value_or(kPatternSize),
                             picture.rate.value_or(FrameRate{}));
  }
  return open_file_painter(name, {loop, picture.rate});
}

Result<std::unique_ptr<Source>> open_painted_source(const StreamArguments& arguments,
                                                    StreamSettings& settings) {
  VSL_TRY(auto painter, open_painter(arguments.source, arguments.loop, settings.picture));
  const Resolution size = settings.picture.resolution.value_or(painter->size());
  settings.pool.width_px = size.width_px;
  settings.pool.height_px = size.height_px;
  VSL_TRY(Pool pool, Pool::create(settings.pool));
  return std::unique_ptr<Source>(
      new PaintedSource(arguments.source, std::move(painter), std::move(pool)));
}

Result<std::unique_ptr<Source>> open_camera_source(const StreamArguments& arguments,
                                                   StreamSettings& settings) {
  VSL_TRY(Camera camera, open_camera(settings.camera));
  // The driver needs its buffers back soon: it has no others to fill.
  const auto two_frames = 2 * frame_period(camera.format());
  if (!arguments.lifespan_ms) settings.host.lifespan = two_frames;
  settings.host.hold_limit = two_frames;
  return CameraSource::start(std::move(camera), arguments.checksum);
}

int camera_failure(const Globals& globals, const Error& error) {
  // What else could be meant by somebody who named no device.
  const bool none_found = error.code == std::errc::no_such_device;
  return report_failure(
      globals, exit_class(error, Site::camera),
      error.message() + (none_found ? "; --source test or --source FILE need none" : ""));
}

int run_stream(const Globals& globals, const StreamArguments& arguments) {
  auto settings = check(arguments);
  if (!settings) return report_failure(globals, ExitClass::usage, settings.error().where);
  if (arguments.list_controls) return list_controls(globals, settings->camera);
  const StopSignal stop;
  std::optional<Encoder> encoder;
  if (settings->encoder) {
    auto created = Encoder::create(*settings->encoder);
    if (!created) return report_failure(globals, ExitClass::codec, created.error().message());
    encoder.emplace(std::move(*created));
  }
  std::optional<FrameLog> log;
  if (!arguments.frame_log.empty()) {
    auto created = FrameLog::create(arguments.frame_log);
    if (!created) return report_failure(globals, Site::file, created.error());
    log.emplace(std::move(*created));
  }
  const bool painted = !arguments.source.empty();
  auto source = painted ? open_painted_source(arguments, *settings)
                        : open_camera_source(arguments, *settings);
  if (!source && !painted) return camera_failure(globals, source.error());
  if (!source) return report_failure(globals, Site::file, source.error());
  if (encoder) {
    *source = std::make_unique<EncodedSource>(std::move(*source), std::move(*encoder));
  }
  auto host = Host::listen(arguments.socket, settings->host);
  if (!host) return report_failure(globals, Site::socket, host.error());
  log_info("streaming " + (*source)->name() + " as " + (*source)->description() + " on " +
           arguments.socket);
  return Streamer(globals, arguments, **source, *host, log ? &*log : nullptr).run(stop);
}

}  // namespace

void add_stream(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "stream", "Stream camera frames, a video file or a test pattern to a VSL socket");
  auto arguments = std::make_shared<StreamArguments>();
  add_stream_options(*command, *arguments);
  command->callback(
      [arguments, &globals, &exit_code] { exit_code = run_stream(globals, *arguments); });
}

}  // namespace vsl::command
