// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "device_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "device_sizes.hpp"
#include "videostream.h"

namespace vsl::command {
namespace {

using Json = nlohmann::ordered_json;

struct ClassNames {
  const char *key, *heading;
};
constexpr ClassNames names_of(DeviceClass kind) {
  switch (kind) {
    case DeviceClass::camera:
      return {"cameras", "Cameras"};
    case DeviceClass::encoder:
      return {"encoders", "Encoders"};
    case DeviceClass::decoder:
      return {"decoders", "Decoders"};
    case DeviceClass::converter:
      break;
  }
  return {"converters", "Converters/ISP"};
}

std::vector<DeviceUnit> of_class(const std::vector<DeviceUnit>& units, DeviceClass kind) {
  std::vector<DeviceUnit> same;
  std::copy_if(units.begin(), units.end(), std::back_inserter(same),
               [&](const DeviceUnit& unit) { return unit.kind == kind; });
  return same;
}

// ---- JSON

// Programs get every format by its code alone: nothing is left out, and nothing is no format.
Json json_formats(const Device& device, bool verbose) {
  Json names = Json::array();
  for (const DeviceFormat& format : verbose ? all_formats(device) : formats_of_use(device)) {
    names.push_back(format.fourcc.to_string());
  }
  return names;
}

Json json_unit(const DeviceUnit& unit, bool verbose) {
  const Device& speaker = unit.speaker();
  Json nodes = Json::array();
  for (const Device& node : unit.nodes) {
    Json entry{{"path", node.path}};
    if (node.card != speaker.card) entry["card"] = node.card;
    nodes.push_back(std::move(entry));
  }
  Json result{{"name", speaker.card},
              {"driver", speaker.driver},
              {"bus", speaker.bus_info},
              {"devices", std::move(nodes)}};
  Json formats = json_formats(speaker, verbose);
  if (!formats.empty()) result["formats"] = std::move(formats);
  if (unit.kind == DeviceClass::camera) {
    Json sizes = sizes_json(speaker);
    if (!sizes.empty()) result["sizes"] = std::move(sizes);
  }
  result["memory"] = memory_names(speaker);
  return result;
}

// ---- text

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> verbose_format_names(const Device& device) {
  std::vector<std::string> names;
  for (const DeviceFormat& format : all_formats(device)) {
    names.push_back(format.fourcc.to_string() + (is_coded(format) ? " (compressed)" : ""));
  }
  return names;
}

std::string line(const char* label, const std::string& value) {
  return value.empty() ? "" : "    " + std::string(label) + value + "\n";
}

std::string unit_text(const DeviceUnit& unit, bool verbose) {
  const Device& speaker = unit.speaker();
  const auto type = static_cast<VSLDeviceType>(speaker.type);
  std::string text = "  " + path_range(unit.paths()) + "  " + speaker.card + "\n";
  text += line("Driver:  ", speaker.driver);
  if (verbose) text += line("Bus:     ", speaker.bus_info);
  if (verbose) text += line("Type:    ", vsl_v4l2_device_type_name(type));
  text += line("Formats: ",
               join(verbose ? verbose_format_names(speaker) : short_format_names(speaker)));
  if (unit.kind == DeviceClass::camera) {
    const char* label = "Sizes:   ";
    for (const std::string& sizes : size_lines(speaker, verbose)) {
      text += line(std::exchange(label, "         "), sizes);
    }
  }
  return text + line("Memory:  ", join(memory_names(speaker)));
}

std::string class_text(DeviceClass kind, const std::vector<DeviceUnit>& units, bool verbose) {
  std::string text =
      std::string("\n") + names_of(kind).heading + " (" + std::to_string(units.size()) + "):\n";
  if (units.empty()) text += "  No devices found\n";
  for (const DeviceUnit& unit : units) text += unit_text(unit, verbose);
  return text;
}

bool knows_common_codec(const Device& device) {
  const auto formats = formats_of_use(device);
  return std::any_of(formats.begin(), formats.end(), [](const DeviceFormat& format) {
    return format.fourcc == fourcc("H264") || format.fourcc == fourcc("HEVC");
  });
}

// The first encoder and decoder that most programs can use.
std::string recommendations(const std::vector<DeviceUnit>& units, const ReportOptions& options) {
  std::string text;
  const auto recommend = [&](DeviceClass kind, const char* words) {
    if (!options.shows(kind)) return;
    for (const DeviceUnit& unit : of_class(units, kind)) {
      if (!knows_common_codec(unit.speaker())) continue;
      text += std::string(words) + unit.speaker().path + " (" + unit.speaker().card + ")\n";
      return;
    }
  };
  recommend(DeviceClass::encoder, "Recommended encoder: ");
  recommend(DeviceClass::decoder, "Recommended decoder: ");
  return text.empty() ? text : "\n" + text;
}

std::string counted(std::size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

std::size_t hardware_units(const std::vector<Device>& devices, const ReportOptions& options) {
  return options.each_node ? devices.size() : count_hardware(devices);
}

}  // namespace

bool ReportOptions::shows(DeviceClass kind) const {
  return classes.empty() || std::find(classes.begin(), classes.end(), kind) != classes.end();
}

Json devices_json(const std::vector<Device>& devices, const ReportOptions& options) {
  const std::vector<DeviceUnit> units = units_of(devices, options.each_node);
  Json report = Json::object();
  Json summary{{"total_devices", devices.size()},
               {"hardware_units", hardware_units(devices, options)}};
  for (const DeviceClass kind : kDeviceClasses) {
    const std::vector<DeviceUnit> same = of_class(units, kind);
    Json list = Json::array();
    if (options.shows(kind)) {
      for (const DeviceUnit& unit : same) list.push_back(json_unit(unit, options.verbose));
    }
    report[names_of(kind).key] = std::move(list);
    summary[names_of(kind).key] = same.size();
  }
  report["summary"] = std::move(summary);
  return report;
}

std::string devices_text(const std::vector<Device>& devices, const ReportOptions& options) {
  const std::vector<DeviceUnit> units = units_of(devices, options.each_node);
  std::string text = "V4L2 Devices (" + counted(devices.size(), "node") + ", " +
                     counted(hardware_units(devices, options), "unit") + ")\n";
  if (devices.empty() && options.classes.empty()) return text + "\nNo devices found\n";
  for (const DeviceClass kind : kDeviceClasses) {
    const std::vector<DeviceUnit> same = of_class(units, kind);
    if (!options.shows(kind) || (same.empty() && options.classes.empty())) continue;
    text += class_text(kind, same, options.verbose);
  }
  return text + recommendations(units, options);
}

}  // namespace vsl::command
