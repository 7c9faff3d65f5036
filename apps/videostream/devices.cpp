// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "json_output.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  bool cameras = false, encoders = false, decoders = false, converters = false, all = false;
};

void print_devices(const Globals& globals) {
  // This release looks for no V4L2 devices: the lists are those of a machine without any.
  if (!globals.json) {
    std::printf(
        "V4L2 Devices (0 nodes, 0 units)\n\nNo devices found: this release does not look "
        "for V4L2 devices\n");
    return;
  }
  const auto none = nlohmann::ordered_json::array();
  const nlohmann::ordered_json report{{"cameras", none},
                                      {"encoders", none},
                                      {"decoders", none},
                                      {"converters", none},
                                      {"summary",
                                       {{"total_devices", 0u},
                                        {"hardware_units", 0u},
                                        {"cameras", 0u},
                                        {"encoders", 0u},
                                        {"decoders", 0u},
                                        {"converters", 0u}}}};
  print_json(report);
}

}  // namespace

void add_devices(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command = app.add_subcommand("devices", "List V4L2 devices by what they are for");
  auto arguments = std::make_shared<Arguments>();
  command->add_flag("--cameras", arguments->cameras, "Show cameras");
  command->add_flag("--encoders", arguments->encoders, "Show encoders");
  command->add_flag("--decoders", arguments->decoders, "Show decoders");
  command->add_flag("--converters", arguments->converters, "Show converters");
  command->add_flag("--all", arguments->all, "One entry per node instead of per hardware unit");
  command->callback([arguments, &globals, &exit_code] {
    print_devices(globals);
    exit_code = 0;
  });
}

}  // namespace vsl::command
