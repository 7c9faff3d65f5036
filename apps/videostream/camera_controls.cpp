// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camera_controls.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "json_output.hpp"

namespace vsl::command {
namespace {

const char* name_of(ControlType type) {
  switch (type) {
    case ControlType::integer:
      return "integer";
    case ControlType::boolean:
      return "boolean";
    case ControlType::menu:
      return "menu";
    case ControlType::integer_menu:
      return "integer menu";
    case ControlType::button:
      return "button";
    case ControlType::text:
      return "text";
    case ControlType::other:
      break;
  }
  return "other";
}

bool has_number(const Control& control) {
  return control.type != ControlType::button && control.type != ControlType::text &&
         control.type != ControlType::other;
}

std::string id_text(std::uint32_t id) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", id);
  return text;
}

std::string value_text(const Control& control) {
  if (control.write_only) return "";
  if (control.type == ControlType::text) return "'" + control.text + "'";
  return has_number(control) ? std::to_string(control.value) : "";
}

std::string range_text(const Control& control) {
  if (control.type != ControlType::integer) return "";
  return std::to_string(control.minimum) + " to " + std::to_string(control.maximum) +
         (control.step > 1 ? " in steps of " + std::to_string(control.step) : "");
}

std::string notes(const Control& control) {
  std::string text;
  if (has_number(control)) text += ", default " + std::to_string(control.default_value);
  if (control.read_only) text += ", read-only";
  if (control.inactive) text += ", not in use now";
  return text.empty() ? "" : text.substr(2);
}

}  // namespace

std::string to_text(const Control& control) {
  char line[512];
  std::snprintf(line, sizeof line, "%-32s %-12s = %-8s %-24s %s", control.key.c_str(),
                name_of(control.type), value_text(control).c_str(), range_text(control).c_str(),
                notes(control).c_str());
  std::string text(line);
  text.erase(text.find_last_not_of(' ') + 1);
  text += "\n";
  for (const ControlChoice& choice : control.choices) {
    text += "    " + std::to_string(choice.value) + ": " + choice.name + "\n";
  }
  return text;
}

nlohmann::ordered_json to_json(const Control& control) {
  nlohmann::ordered_json json{{"key", control.key},
                              {"name", control.name},
                              {"id", id_text(control.id)},
                              {"type", name_of(control.type)},
                              {"read_only", control.read_only},
                              {"inactive", control.inactive}};
  if (control.type == ControlType::text) json["value"] = control.text;
  if (has_number(control)) {
    json["value"] = control.value;
    json["default"] = control.default_value;
    json["minimum"] = control.minimum;
    json["maximum"] = control.maximum;
    json["step"] = control.step;
  }
  if (control.write_only) json.erase("value");
  for (const ControlChoice& choice : control.choices) {
    json["choices"].push_back({{"value", choice.value}, {"name", choice.name}});
  }
  return json;
}

int list_controls(const Globals& globals, const CameraSetup& setup) {
  const auto camera = open_device(setup);
  if (!camera) return report_failure(globals, Site::camera, camera.error());
  const auto controls = camera->controls();
  if (!controls) return report_failure(globals, Site::camera, controls.error());
  if (globals.json) {
    nlohmann::ordered_json document{{"device", camera->device().path},
                                    {"controls", nlohmann::ordered_json::array()}};
    for (const Control& control : *controls) document["controls"].push_back(to_json(control));
    print_json(document);
    return 0;
  }
  std::printf("Controls of %s (%s)\n\n", camera->device().path.c_str(),
              camera->device().card.c_str());
  for (const Control& control : *controls) std::fputs(to_text(control).c_str(), stdout);
  return 0;
}

}  // namespace vsl::command
