// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "camera_choice.hpp"
#include "command.hpp"
#include "info_report.hpp"
#include "json_output.hpp"
#include "videostream.h"
#include "videostream/camera.hpp"
#include "videostream/codec.hpp"
#include "videostream/convert.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  std::string device = "auto";
  bool camera = false, encoder = false, decoder = false, converter = false, v4l2 = false;
  bool all = false;
};

std::vector<Device> devices_here() {
  Result<std::vector<Device>> devices = list_devices();
  if (devices) return *std::move(devices);
  log_warn(devices.error().message());
  return {};
}

CodecReport codecs_here() {
  Result<CodecReport> report = list_codecs();
  if (report) return *std::move(report);
  log_warn(report.error().message());
  return {};
}

std::vector<ConverterBackend> converters_here() {
  Result<std::vector<ConverterBackend>> converters = list_converters();
  if (converters) return *std::move(converters);
  log_warn(converters.error().message());
  return {};
}

// What `stream` would take.
std::string camera_to_try() {
  const Result<std::string> found = default_camera({});
  return found ? *found : kBoardCamera;
}

// Up to its buffers, with the picture it is set to: only that shows that nobody else has it, and
// that looking has changed nothing.
Result<void> use(const std::string& path) {
  VSL_TRY(Camera camera, Camera::open(path));
  CameraOptions options;
  options.buffers = 4;
  VSL_CHECK(camera.configure(options));
  return {};
}

TriedCamera try_camera(const std::string& path) {
  TriedCamera tried{path, std::nullopt, ""};
  Result<Device> device = inspect_device(path);
  if (device) tried.device = *std::move(device);
  const Result<void> used = use(path);
  if (!used) tried.failure = used.error().message();
  return tried;
}

nlohmann::ordered_json gather(const Arguments& arguments) {
  const bool all = arguments.all || !(arguments.camera || arguments.encoder || arguments.decoder ||
                                      arguments.converter || arguments.v4l2);
  nlohmann::ordered_json report{{"version", vsl_version()}};
  if (all || arguments.camera) {
    const bool choose = arguments.device == "auto";
    report["camera"] = camera_json(try_camera(choose ? camera_to_try() : arguments.device));
  }
  if (all || arguments.encoder) report["encoder"] = codec_json(codecs_here(), true);
  if (all || arguments.decoder) {
    report["decoder"] = codec_json(codecs_here(), false);
    report["decoder"]["backend_selection"] = true;
  }
  if (all || arguments.converter) report["converter"] = converter_json(converters_here());
  if (all || arguments.v4l2) report["v4l2_codecs"] = v4l2_json(devices_here());
  return report;
}

}  // namespace

void add_info(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("info", "Display the capabilities of this system and of the library");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("-d,--device", arguments->device, "Camera to try; auto: the default one")
      ->capture_default_str();
  command->add_flag("--camera", arguments->camera, "Show the camera");
  command->add_flag("--encoder", arguments->encoder, "Show encoders");
  command->add_flag("--decoder", arguments->decoder, "Show decoders");
  command->add_flag("--converter", arguments->converter, "Show who converts pictures");
  command->add_flag("--v4l2", arguments->v4l2, "Show V4L2 devices");
  command->add_flag("--all", arguments->all, "Show everything, as without any of these");
  command->callback([arguments, &globals, &exit_code] {
    const nlohmann::ordered_json report = gather(*arguments);
    if (globals.json) {
      print_json(report);
    } else {
      std::fputs(info_text(report).c_str(), stdout);
    }
    exit_code = 0;
  });
}

}  // namespace vsl::command
