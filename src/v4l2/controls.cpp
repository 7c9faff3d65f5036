// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/controls.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "v4l2/ioctl.hpp"

namespace vsl::v4l2 {
namespace {

// A menu of a driver that means it has fewer; one that does not is not followed.
constexpr std::int64_t kMostChoices = 256;
constexpr std::uint32_t kMostTextBytes = 1U << 16;

bool is_word(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
         (letter >= 'A' && letter <= 'Z');
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

ControlType type_of(std::uint32_t type) {
  switch (type) {
    case V4L2_CTRL_TYPE_INTEGER:
    case V4L2_CTRL_TYPE_INTEGER64:
    case V4L2_CTRL_TYPE_BITMASK:
      return ControlType::integer;
    case V4L2_CTRL_TYPE_BOOLEAN:
      return ControlType::boolean;
    case V4L2_CTRL_TYPE_MENU:
      return ControlType::menu;
    case V4L2_CTRL_TYPE_INTEGER_MENU:
      return ControlType::integer_menu;
    case V4L2_CTRL_TYPE_BUTTON:
      return ControlType::button;
    case V4L2_CTRL_TYPE_STRING:
      return ControlType::text;
    default:
      return ControlType::other;
  }
}

bool is_menu(const Control& control) {
  return control.type == ControlType::menu || control.type == ControlType::integer_menu;
}

/// The entries of a menu. Holes are usual: QUERYMENU fails for them.
std::vector<ControlChoice> list_choices(const Node& node, const Control& control) {
  std::vector<ControlChoice> choices;
  const std::int64_t first = std::max<std::int64_t>(control.minimum, 0);
  const std::int64_t last = std::min(control.maximum, first + kMostChoices - 1);
  for (std::int64_t i = first; i <= last; ++i) {
    v4l2_querymenu entry{};
    entry.id = control.id;
    entry.index = static_cast<std::uint32_t>(i);
    if (call(node.fd, VIDIOC_QUERYMENU, &entry) < 0) continue;
    const auto* name = reinterpret_cast<const char*>(entry.name);
    choices.push_back({i, control.type == ControlType::integer_menu
                              ? std::to_string(entry.value)
                              : std::string(name, ::strnlen(name, sizeof entry.name))});
  }
  return choices;
}

/// G_EXT_CTRLS or S_EXT_CTRLS of one control.
Result<void> exchange(const Node& node, unsigned long request, v4l2_ext_control& value,
                      const std::string& name) {
  v4l2_ext_controls controls{};
  controls.which = V4L2_CTRL_WHICH_CUR_VAL;
  controls.count = 1;
  controls.controls = &value;
  return require(node.fd, request, &controls, node.path, name);
}

void read_value(const Node& node, Control& control, std::uint32_t type, std::uint32_t bytes) {
  if (control.write_only || control.type == ControlType::button ||
      control.type == ControlType::other) {
    return;
  }
  v4l2_ext_control value{};
  value.id = control.id;
  std::string text(control.type == ControlType::text ? std::min(bytes, kMostTextBytes) : 0, '\0');
  if (!text.empty()) {
    value.string = text.data();
    value.size = static_cast<std::uint32_t>(text.size());
  }
  if (!exchange(node, VIDIOC_G_EXT_CTRLS, value, control.name)) return;  // its value is unknown
  if (!text.empty()) {
    control.text.assign(text.data(), ::strnlen(text.data(), text.size()));
  } else if (type == V4L2_CTRL_TYPE_INTEGER64) {
    control.value = value.value64;
  } else if (type == V4L2_CTRL_TYPE_BITMASK) {
    control.value = static_cast<std::uint32_t>(value.value);
  } else {
    control.value = value.value;
  }
}

Control describe(const Node& node, const v4l2_query_ext_ctrl& query) {
  Control control{.id = query.id,
                  .name = std::string(query.name, ::strnlen(query.name, sizeof query.name)),
                  .type = type_of(query.type),
                  .minimum = query.minimum,
                  .maximum = query.maximum,
                  .step = static_cast<std::int64_t>(query.step),
                  .default_value = query.default_value};
  control.key = control_key(control.name);
  control.read_only = (query.flags & V4L2_CTRL_FLAG_READ_ONLY) != 0;
  control.inactive = (query.flags & V4L2_CTRL_FLAG_INACTIVE) != 0;
  control.write_only = (query.flags & V4L2_CTRL_FLAG_WRITE_ONLY) != 0;
  if (query.type == V4L2_CTRL_TYPE_BITMASK) {
    control.minimum = 0;
    control.maximum = static_cast<std::uint32_t>(query.maximum);
    control.default_value = static_cast<std::uint32_t>(query.default_value);
  }
  if (is_menu(control)) control.choices = list_choices(node, control);
  read_value(node, control, query.type, query.elem_size);
  return control;
}

/// False where there is no such control, or none after it with V4L2_CTRL_FLAG_NEXT_CTRL.
bool query(const Node& node, std::uint32_t id, v4l2_query_ext_ctrl& answer) {
  answer = {};
  answer.id = id;
  return call(node.fd, VIDIOC_QUERY_EXT_CTRL, &answer) == 0;
}

bool is_listed(const v4l2_query_ext_ctrl& control) {
  return control.type != V4L2_CTRL_TYPE_CTRL_CLASS &&
         (control.flags & V4L2_CTRL_FLAG_DISABLED) == 0;
}

Error refuse(const Node& node, const std::string& why) {
  return Error::of(std::errc::invalid_argument, "control of " + node.path + ": " + why);
}

std::string describe_choices(const Control& control) {
  if (!is_menu(control)) {
    return std::to_string(control.minimum) + " to " + std::to_string(control.maximum);
  }
  std::string text;
  for (const ControlChoice& choice : control.choices) {
    text += (text.empty() ? "" : ", ") + std::to_string(choice.value) + " (" + choice.name + ")";
  }
  return text;
}

std::optional<std::int64_t> parse_number(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(text.c_str(), &end, 0);
  if (text.empty() || *end != '\0' || errno != 0) return std::nullopt;
  return value;
}

bool is_possible(const Control& control, std::int64_t value) {
  if (control.type == ControlType::button) return true;
  if (!is_menu(control)) return value >= control.minimum && value <= control.maximum;
  const auto is_it = [&](const ControlChoice& choice) { return choice.value == value; };
  return std::any_of(control.choices.begin(), control.choices.end(), is_it);
}

Result<void> check_settable(const Node& node, const Control& control) {
  const std::string what = "set " + control.key + " of " + node.path;
  if (control.read_only)
    return Error::of(std::errc::permission_denied, what + ", which only reads");
  if (control.inactive) {
    return Error::of(std::errc::device_or_resource_busy,
                     what + ", which other settings make inactive now");
  }
  return {};
}

}  // namespace

std::string control_key(const std::string& name) {
  std::string key;
  bool gap = false;
  for (const char letter : name) {
    if (is_word(letter)) {
      if (gap && !key.empty()) key += '_';
      key += lower(letter);
    }
    gap = !is_word(letter);
  }
  return key;
}

Result<std::vector<Control>> list_controls(const Node& node) {
  std::vector<Control> controls;
  v4l2_query_ext_ctrl answer{};
  for (std::uint32_t id = 0; query(node, id | V4L2_CTRL_FLAG_NEXT_CTRL, answer);) {
    if (answer.id <= id) break;  // a driver that goes in circles
    id = answer.id;
    if (is_listed(answer)) controls.push_back(describe(node, answer));
  }
  // EINVAL ends the list; a driver without any control may not know the request.
  if (errno == EINVAL || errno == ENOTTY || !controls.empty()) return controls;
  return call_error(VIDIOC_QUERY_EXT_CTRL, node.path);
}

Result<Control> find_control(const Node& node, std::uint32_t id) {
  v4l2_query_ext_ctrl answer{};
  if (query(node, id, answer) && is_listed(answer)) return describe(node, answer);
  return refuse(node, "there is none with the number " + std::to_string(id));
}

Result<Control> find_control(const Node& node, const std::string& key) {
  if (const auto number = parse_number(key); number && *number > 0 && *number <= UINT32_MAX) {
    return find_control(node, static_cast<std::uint32_t>(*number));
  }
  VSL_TRY(auto controls, list_controls(node));
  std::string there_are;
  for (Control& control : controls) {
    if (control.key == key || control.name == key) return std::move(control);
    there_are += (there_are.empty() ? "" : ", ") + control.key;
  }
  return refuse(node, "there is no \"" + key + "\"" +
                          (there_are.empty() ? std::string() : "; it has " + there_are));
}

Result<std::int64_t> parse_control_value(const Control& control, const std::string& text) {
  if (control.type == ControlType::button) return 1;
  if (const auto number = parse_number(text)) return *number;
  const std::string wanted = control_key(text);
  for (const ControlChoice& choice : control.choices) {
    if (choice.name == text || control_key(choice.name) == wanted) return choice.value;
  }
  if (control.type == ControlType::boolean) {
    if (wanted == "on" || wanted == "true" || wanted == "yes") return 1;
    if (wanted == "off" || wanted == "false" || wanted == "no") return 0;
  }
  return Error::of(std::errc::invalid_argument, "set " + control.key + " to \"" + text + "\" (" +
                                                    describe_choices(control) + ")");
}

Result<void> set_control(const Node& node, const Control& control, std::int64_t value) {
  VSL_CHECK(check_settable(node, control));
  if (control.type == ControlType::text || control.type == ControlType::other) {
    return refuse(node, control.key + " takes no number");
  }
  if (!is_possible(control, value)) {  // the kernel would take the nearest and say nothing
    return refuse(node, control.key + " cannot be " + std::to_string(value) + " (" +
                            describe_choices(control) + ")");
  }
  v4l2_ext_control request{};
  request.id = control.id;
  // Integers of 32 bits lie in the low half of this, on machines of the order of bytes we run on.
  request.value64 = value;
  return exchange(node, VIDIOC_S_EXT_CTRLS, request, control.key + " = " + std::to_string(value));
}

Result<void> set_control_text(const Node& node, const Control& control, const std::string& text) {
  if (control.type != ControlType::text) {
    VSL_TRY(const std::int64_t value, parse_control_value(control, text));
    return set_control(node, control, value);
  }
  VSL_CHECK(check_settable(node, control));
  if (text.size() > static_cast<std::uint64_t>(std::max<std::int64_t>(control.maximum, 0))) {
    return refuse(
        node, control.key + " takes " + std::to_string(control.maximum) + " characters at most");
  }
  std::string copy = text;
  v4l2_ext_control request{};
  request.id = control.id;
  request.string = copy.data();
  request.size = static_cast<std::uint32_t>(copy.size() + 1);
  return exchange(node, VIDIOC_S_EXT_CTRLS, request, control.key + " = " + text);
}

}  // namespace vsl::v4l2
