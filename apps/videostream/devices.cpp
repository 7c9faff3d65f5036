// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "device_report.hpp"
#include "json_output.hpp"

namespace vsl::command {
namespace {

struct Arguments {
  bool cameras = false, encoders = false, decoders = false, converters = false, all = false;
};

ReportOptions options_of(const Globals& globals, const Arguments& arguments) {
  ReportOptions options;
  options.each_node = arguments.all;
  options.verbose = globals.verbose;
  const bool asked[] = {arguments.cameras, arguments.encoders, arguments.decoders,
                        arguments.converters};
  for (std::size_t i = 0; i < kDeviceClasses.size(); ++i) {
    if (asked[i]) options.classes.push_back(kDeviceClasses[i]);
  }
  return options;
}

int print_devices(const Globals& globals, const Arguments& arguments) {
  const Result<std::vector<Device>> devices = list_devices();
  if (!devices) return report_failure(globals, ExitClass::general, devices.error().message());
  const ReportOptions options = options_of(globals, arguments);
  if (globals.json) {
    print_json(devices_json(*devices, options));
  } else {
    std::fputs(devices_text(*devices, options).c_str(), stdout);
  }
  return 0;
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
    leave_stop_signals();
    exit_code = print_devices(globals, *arguments);
  });
}

}  // namespace vsl::command
