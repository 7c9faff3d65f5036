// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <memory>
#include <optional>
#include <string>

#include "command.hpp"
#include "painted_source.hpp"
#include "stream_settings.hpp"
#include "streamer.hpp"

namespace vsl::command {
namespace {

constexpr Resolution kPatternSize{1920, 1080};

Result<std::unique_ptr<Painter>> open_painter(const StreamArguments& arguments,
                                              const StreamSettings& settings) {
  if (arguments.source == "test") {
    return make_test_pattern(settings.resolution.value_or(kPatternSize),
                             settings.rate.value_or(FrameRate{}));
  }
  return open_file_painter(arguments.source, {arguments.loop, settings.rate});
}

Result<std::unique_ptr<Source>> open_painted_source(const StreamArguments& arguments,
                                                    const StreamSettings& settings) {
  VSL_TRY(std::unique_ptr<Painter> painter, open_painter(arguments, settings));
  const Resolution size = settings.resolution.value_or(painter->size());
  VSL_TRY(Pool pool, Pool::create({.format = settings.format,
                                   .width_px = size.width_px,
                                   .height_px = size.height_px,
                                   .buffers = arguments.buffers,
                                   .memory = settings.memory}));
  return std::unique_ptr<Source>(new PaintedSource(std::move(painter), std::move(pool)));
}

int run_stream(const Globals& globals, const StreamArguments& arguments) {
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
  auto source = open_painted_source(arguments, *settings);
  if (!source) return report_failure(globals, Site::file, source.error());
  auto host = Host::listen(arguments.socket, settings->host);
  if (!host) return report_failure(globals, Site::socket, host.error());
  const Layout& layout = (*source)->layout();
  log_info("streaming " + arguments.source + " as " + layout.fourcc.to_string() + " " +
           std::to_string(layout.width_px) + "x" + std::to_string(layout.height_px) + " on " +
           arguments.socket);
  return Streamer(globals, arguments, **source, *host).run(stop);
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
