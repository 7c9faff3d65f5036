// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "camera_choice.hpp"
#include "command.hpp"
#include "info_report.hpp"
#include "json_output.hpp"
#include "values.hpp"
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

// Of the environment, as selection takes it; empty if it leaves the choice.
std::string wished_backend() {
  const char* text = std::getenv("VSL_CODEC_BACKEND");
  const auto wish = parse_backend(text != nullptr ? text : "auto");
  return wish && *wish != CodecBackend::automatic ? to_string(*wish) : std::string();
}

CodecReport codecs_here() {
  Result<CodecReport> report = list_codecs();
  if (report) return *std::move(report);
  log_warn(report.error().message());
  return {};
}

/// Opens them, in the way of a program that names no backend: what a list promises may be busy.
template <class Coder, class Options>
std::vector<ChosenCodec> choose(const CodecReport& report, bool CodecAbility::*does) {
  std::vector<Fourcc> codecs{fourcc("H264"), fourcc("HEVC")};
  for (const CodecAbility& ability : report.abilities) {
    const bool known = std::find(codecs.begin(), codecs.end(), ability.codec) != codecs.end();
    if (ability.*does && !known) codecs.push_back(ability.codec);
  }
  std::vector<ChosenCodec> chosen;
  for (const Fourcc codec : codecs) {
    Options options;
    options.codec = codec;
    const auto coder = Coder::create(options);
    if (coder) {
      chosen.push_back({codec, coder->backend(), ""});
    } else {
      chosen.push_back({codec, std::nullopt, failure_sentence(Site::codec, coder.error())});
    }
  }
  return chosen;
}

nlohmann::ordered_json encoders_here() {
  const CodecReport report = codecs_here();
  return codec_json(report, true, choose<Encoder, EncoderOptions>(report, &CodecAbility::encodes),
                    wished_backend());
}

nlohmann::ordered_json decoders_here() {
  const CodecReport report = codecs_here();
  auto section =
      codec_json(report, false, choose<Decoder, DecoderOptions>(report, &CodecAbility::decodes),
                 wished_backend());
  section["backend_selection"] = true;
  return section;
}

std::vector<ConverterBackend> converters_here() {
  Result<std::vector<ConverterBackend>> converters = list_converters();
  if (converters) return *std::move(converters);
  log_warn(converters.error().message());
  return {};
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
  if (!used) tried.failure = failure_sentence(Site::camera, used.error());
  return tried;
}

// The one that is named, or what `stream` would take.
TriedCamera camera_here(const std::string& device) {
  if (device != "auto") return try_camera(device);
  const Result<std::string> found = default_camera({});
  if (found) return try_camera(*found);
  return {"", std::nullopt, failure_sentence(Site::camera, found.error())};
}

nlohmann::ordered_json gather(const Arguments& arguments) {
  const bool all = arguments.all || !(arguments.camera || arguments.encoder || arguments.decoder ||
                                      arguments.converter || arguments.v4l2);
  nlohmann::ordered_json report{{"version", vsl_version()}};
  if (all || arguments.camera) report["camera"] = camera_json(camera_here(arguments.device));
  if (all || arguments.encoder) report["encoder"] = encoders_here();
  if (all || arguments.decoder) report["decoder"] = decoders_here();
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
    leave_stop_signals();
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
