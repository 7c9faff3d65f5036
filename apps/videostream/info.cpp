// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "command.hpp"
#include "json_output.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  std::string device = "/dev/video3";
  bool camera = false, encoder = false, decoder = false, v4l2 = false, all = false;
};

// This release opens no camera and no codec: what it cannot use it does not call available.
nlohmann::ordered_json gather(const Arguments& arguments) {
  const bool all = arguments.all ||
                   !(arguments.camera || arguments.encoder || arguments.decoder || arguments.v4l2);
  nlohmann::ordered_json report{{"version", VSL_RELEASE}};
  if (all || arguments.camera) {
    report["camera"] = {{"device", arguments.device}, {"available", false}};
  }
  if (all || arguments.encoder) report["encoder"] = {{"available", false}};
  if (all || arguments.decoder) {
    report["decoder"] = {{"available", false}, {"backend_selection", false}};
  }
  if (all || arguments.v4l2) {
    report["v4l2_codecs"] = {{"devices", nlohmann::ordered_json::array()}};
  }
  return report;
}

void print_text(const nlohmann::ordered_json& report) {
  std::printf("VideoStream System Information\n\nLibrary version: %s\n", VSL_RELEASE);
  struct Section {
    const char *key, *heading;
  };
  for (const auto& [key, heading] : {Section{"camera", "Camera"}, Section{"encoder", "Encoder"},
                                     Section{"decoder", "Decoder"}}) {
    if (report.contains(key)) {
      std::printf("\n%s\n  Status: \u2717 not supported by this release\n", heading);
    }
  }
  if (report.contains("v4l2_codecs")) {
    std::printf("\nV4L2 devices\n  Status: \u2717 not looked for by this release\n");
  }
}

}  // namespace

void add_info(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("info", "Display the capabilities of this system and of the library");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("-d,--device", arguments->device, "Camera to try")->capture_default_str();
  command->add_flag("--camera", arguments->camera, "Show the camera");
  command->add_flag("--encoder", arguments->encoder, "Show encoders");
  command->add_flag("--decoder", arguments->decoder, "Show decoders");
  command->add_flag("--v4l2", arguments->v4l2, "Show V4L2 devices");
  command->add_flag("--all", arguments->all, "Show everything, as without any of these");
  command->callback([arguments, &globals, &exit_code] {
    const nlohmann::ordered_json report = gather(*arguments);
    if (globals.json) {
      print_json(report);
    } else {
      print_text(report);
    }
    exit_code = 0;
  });
}

}  // namespace vsl::command
