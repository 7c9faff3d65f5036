// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "camera_controls.hpp"
#include "camera_source.hpp"
#include "command.hpp"
#include "connect.hpp"
#include "encoded_source.hpp"
#include "open_source.hpp"
#include "socket_name.hpp"
#include "stream_settings.hpp"
#include "streamer.hpp"

namespace vsl::command {
namespace {

Result<std::unique_ptr<Source>> open_camera_source(const StreamArguments& arguments,
                                                   StreamSettings& settings) {
  VSL_TRY(Camera camera, open_camera(settings.camera));
  // The driver needs its buffers back soon: it has no others to fill.
  const auto two_frames = 2 * frame_period(camera.format());
  if (!arguments.lifespan_ms) settings.host.lifespan = two_frames;
  settings.host.hold_limit = two_frames;
  return CameraSource::start(std::move(camera), arguments.checksum && !arguments.encode);
}

int run_stream(const Globals& globals, const StreamArguments& arguments) {
  auto settings = check(arguments);
  if (!settings) return report_failure(globals, ExitClass::usage, settings.error().where);
  if (arguments.list_controls) return list_controls(globals, settings->camera);
  const StopSignal stop;
  std::optional<Encoder> encoder;
  if (settings->encoder) {
    auto created = Encoder::create(*settings->encoder);
    if (!created) return report_failure(globals, Site::codec, created.error());
    encoder.emplace(std::move(*created));
  }
  std::optional<FrameLog> log;
  if (!arguments.frame_log.empty()) {
    auto created = FrameLog::create(arguments.frame_log);
    if (!created) return report_failure(globals, Site::file, created.error());
    log.emplace(std::move(*created));
  }
  const bool painted = !arguments.source.empty();
  auto source = painted ? open_painted_source({arguments.source, arguments.loop, settings->picture,
                                               settings->pool, !encoder})
                        : open_camera_source(arguments, *settings);
  if (!source && !painted) return report_camera_failure(globals, source.error());
  if (!source) return report_failure(globals, Site::file, source.error());
  if (encoder) {
    *source = std::make_unique<EncodedSource>(std::move(*source), std::move(*encoder),
                                              painted || arguments.checksum);
  }
  auto host = Host::listen(arguments.socket, settings->host);
  if (!host) {
    return report_failure(globals, ExitClass::socket,
                          listen_sentence(arguments.socket, host.error()));
  }
  log_info("streaming " + (*source)->name() + " as " + (*source)->description() + " on " +
           shown_socket(arguments.socket));
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
