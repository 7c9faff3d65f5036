// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "info_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "device_units.hpp"
#include "videostream.h"

namespace vsl::command {
namespace {

using Json = nlohmann::ordered_json;

Json codes(const std::vector<DeviceFormat>& formats) {
  Json list = Json::array();
  for (const DeviceFormat& format : formats) list.push_back(format.fourcc.to_string());
  return list;
}

void add_unless_empty(Json& object, const char* key, Json list) {
  if (!list.empty()) object[key] = std::move(list);
}

Json formats_of_node(const Device& device) {
  const DeviceClass kind = class_of(device);
  if (kind == DeviceClass::converter) return Json::array();
  std::vector<DeviceFormat> formats = formats_of_use(device);
  constexpr std::size_t kOfCameras = 5;
  if (kind == DeviceClass::camera) formats.resize(std::min(formats.size(), kOfCameras));
  return codes(formats);
}

Json node_json(const Device& device) {
  const bool both = device.type == DeviceType::m2m;
  Json node{{"path", device.path},
            {"name", device.card},
            {"driver", device.driver},
            {"type", vsl_v4l2_device_type_name(static_cast<VSLDeviceType>(device.type))},
            {"is_encoder", both || device.type == DeviceType::encoder},
            {"is_decoder", both || device.type == DeviceType::decoder}};
  add_unless_empty(node, "formats", formats_of_node(device));
  return node;
}

// ---- text

std::string line(const std::string& label, const std::string& value) {
  return "  " + label + ": " + value + "\n";
}

std::string joined(const Json& object, const char* key) {
  std::string text;
  if (!object.contains(key)) return text;
  for (const Json& word : object[key]) {
    // What is a sentence has commas of its own.
    const char* const between = text.find(": ") == std::string::npos ? ", " : "; ";
    text += (text.empty() ? "" : between) + word.get<std::string>();
  }
  return text;
}

std::string list_line(const Json& object, const char* key, const char* label) {
  const std::string words = joined(object, key);
  return words.empty() ? "" : line(label, words);
}

std::string status(const Json& section) {
  if (section["available"]) return line("Status", "\u2713 available");
  const std::string why =
      section.contains("reason") ? ": " + section["reason"].get<std::string>() : std::string();
  return line("Status", "\u2717 not available" + why);
}

std::string camera_text(const Json& camera) {
  const std::string device = camera["device"];
  return "\nCamera" + (device.empty() ? "" : " " + device) + "\n" + status(camera) +
         list_line(camera, "formats", "Formats");
}

std::string codec_name(Fourcc codec) {
  if (codec == fourcc("H264")) return "H.264";
  return codec == fourcc("HEVC") ? "H.265 (HEVC)" : codec.to_string();
}

std::string codec_text(const char* heading, const Json& codec) {
  std::string text = std::string("\n") + heading + "\n" + status(codec);
  text += list_line(codec, "codecs", "Codecs");
  text += list_line(codec, "backends", "Backends");
  text += list_line(codec, "selected", "Backend selection");
  text += list_line(codec, "missing", "Not used");
  return text;
}

std::string converter_text(const Json& converter) {
  return "\nConverter\n" + status(converter) + list_line(converter, "backends", "Backends") +
         list_line(converter, "missing", "Not used");
}

std::string v4l2_text(const Json& nodes) {
  std::string text = "\nV4L2 devices\n";
  if (nodes.empty()) return text + line("Status", "\u2717 no devices found");
  text += line("Status", "\u2713 " + std::to_string(nodes.size()) + " found");
  for (const Json& node : nodes) {
    text += "  " + node["path"].get<std::string>() + "\n";
    text += "  " + line("Name", node["name"]) + "  " + line("Driver", node["driver"]);
    text += "  " + line("Type", node["type"]);
    if (node.contains("formats")) text += "  " + line("Formats", joined(node, "formats"));
  }
  return text;
}

bool does_any(const CodecReport& report, CodecBackend backend, bool encoders) {
  return std::any_of(report.abilities.begin(), report.abilities.end(), [&](const auto& ability) {
    return ability.backend == backend && (encoders ? ability.encodes : ability.decodes);
  });
}

// What this machine does not have is no failure of an attempt.
std::string absence(const Error& reason, const std::string& what) {
  const bool absent = reason.code == std::errc::no_such_device ||
                      reason.code == std::errc::no_such_file_or_directory;
  return absent ? what : reason.message();
}

std::string absence_of(const MissingBackend& missing) {
  if (missing.backend == CodecBackend::v4l2) {
    return absence(missing.reason, "no V4L2 device here encodes or decodes");
  }
  const std::string& where = missing.reason.where;  // "use /dev/mxc_hantro"
  const bool node = where.starts_with("use /");
  return absence(missing.reason, node ? "there is no " + where.substr(4) : "not installed");
}

// Why backends are not taken: they are not here, do nothing of the kind, or stand behind others.
Json not_chosen(const CodecReport& report, bool encoders, const std::vector<ChosenCodec>& chosen,
                const std::string& wish) {
  Json list = Json::array();
  for (const MissingBackend& missing : report.missing) {
    list.push_back(to_string(missing.backend) + ": " + absence_of(missing));
  }
  for (const CodecBackend backend :
       {CodecBackend::v4l2, CodecBackend::hantro, CodecBackend::software}) {
    const auto is_it = [&](const auto& one) { return one.backend == backend; };
    if (std::any_of(chosen.begin(), chosen.end(), is_it) ||
        std::any_of(report.missing.begin(), report.missing.end(), is_it)) {
      continue;
    }
    const std::string why = !does_any(report, backend, encoders)
                                ? std::string(encoders ? "encodes" : "decodes") + " nothing here"
                            : !wish.empty() ? "VSL_CODEC_BACKEND says " + wish
                                            : "another one comes first";
    list.push_back(to_string(backend) + ": " + why);
  }
  return list;
}

}  // namespace

Json camera_json(const TriedCamera& camera) {
  Json section{{"device", camera.path}, {"available", camera.failure.empty()}};
  if (camera.device) add_unless_empty(section, "formats", codes(camera.device->capture_formats));
  if (!camera.failure.empty()) section["reason"] = camera.failure;
  return section;
}

Json codec_json(const CodecReport& report, bool encoders, const std::vector<ChosenCodec>& chosen,
                const std::string& wish) {
  Json codecs = Json::array(), backends = Json::array(), selected = Json::array();
  for (const ChosenCodec& one : chosen) {
    if (!one.backend) continue;
    codecs.push_back(codec_name(one.codec));
    selected.push_back(codec_name(one.codec) + " by " + to_string(*one.backend));
  }
  for (const CodecAbility& ability : report.abilities) {
    if (!(encoders ? ability.encodes : ability.decodes)) continue;
    backends.push_back(codec_name(ability.codec) + " by " + to_string(ability.backend) + ": " +
                       ability.name + (ability.device.empty() ? "" : " (" + ability.device + ")"));
  }
  Json section{{"available", !codecs.empty()}};
  add_unless_empty(section, "codecs", codecs);
  add_unless_empty(section, "backends", backends);
  add_unless_empty(section, "selected", selected);
  add_unless_empty(section, "missing", not_chosen(report, encoders, chosen, wish));
  if (codecs.empty()) {
    section["reason"] = chosen.empty() ? "no backend does it here" : chosen.front().failure;
  }
  return section;
}

Json converter_json(const std::vector<ConverterBackend>& converters) {
  Json backends = Json::array(), missing = Json::array();
  for (const ConverterBackend& one : converters) {
    if (one.missing) {
      missing.push_back(one.name + ": " + absence(*one.missing, "its library is not installed"));
    } else {
      backends.push_back(one.name + ": " + one.description);
    }
  }
  Json section{{"available", !backends.empty()}};
  add_unless_empty(section, "backends", backends);
  add_unless_empty(section, "missing", missing);
  return section;
}

Json v4l2_json(const std::vector<Device>& devices) {
  Json nodes = Json::array();
  for (const Device& device : devices) nodes.push_back(node_json(device));
  return {{"devices", std::move(nodes)}};
}

std::string info_text(const Json& report) {
  std::string text =
      "VideoStream System Information\n\nLibrary version: " + report["version"].get<std::string>() +
      "\n";
  if (report.contains("camera")) text += camera_text(report["camera"]);
  if (report.contains("encoder")) text += codec_text("Encoder", report["encoder"]);
  if (report.contains("decoder")) text += codec_text("Decoder", report["decoder"]);
  if (report.contains("converter")) text += converter_text(report["converter"]);
  if (report.contains("v4l2_codecs")) text += v4l2_text(report["v4l2_codecs"]["devices"]);
  return text;
}

}  // namespace vsl::command
