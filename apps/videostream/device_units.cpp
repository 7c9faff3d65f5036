// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "device_units.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <tuple>

#include "videostream.h"

namespace vsl::command {
namespace {

constexpr std::size_t kShortList = 5;

bool same_unit(const DeviceUnit& unit, const Device& device) {
  return !device.bus_info.empty() && unit.speaker().bus_info == device.bus_info &&
         unit.kind == class_of(device);
}

// Where the number at the end of a path begins; its length if there is none.
std::size_t number_at(const std::string& path) { return path.find_last_not_of("0123456789") + 1; }

// The numbers of paths that differ in nothing else; empty if they do.
std::vector<unsigned long> numbers_of(const std::vector<std::string>& paths) {
  std::vector<unsigned long> numbers;
  const std::string start = paths.front().substr(0, number_at(paths.front()));
  for (const std::string& path : paths) {
    const std::string digits = path.substr(number_at(path));
    if (path.substr(0, number_at(path)) != start || digits.empty() || digits.size() > 9) return {};
    numbers.push_back(std::stoul(digits));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string join(const std::vector<unsigned long>& numbers) {
  std::string text;
  for (const unsigned long number : numbers) {
    text += (text.empty() ? "" : ",") + std::to_string(number);
  }
  return text;
}

std::string compact(const std::string& start, const std::vector<unsigned long>& numbers) {
  const std::size_t count = numbers.size();
  if (count >= 3 && numbers.back() - numbers.front() == count - 1) {
    return start + std::to_string(numbers.front()) + "-" + std::to_string(numbers.back());
  }
  if (count <= 4) return start + "{" + join(numbers) + "}";
  return start + "{" + std::to_string(numbers.front()) + ",..}";
}

std::vector<DeviceFormat> coded_among(const std::vector<DeviceFormat>& formats) {
  std::vector<DeviceFormat> coded;
  std::copy_if(formats.begin(), formats.end(), std::back_inserter(coded), is_coded);
  return coded;
}

}  // namespace

DeviceClass class_of(const Device& device) {
  switch (device.type) {
    case DeviceType::camera:
      return DeviceClass::camera;
    case DeviceType::encoder:
      return DeviceClass::encoder;
    case DeviceType::decoder:
      return DeviceClass::decoder;
    case DeviceType::output:
    case DeviceType::isp:
    case DeviceType::m2m:
      break;
  }
  return DeviceClass::converter;
}

std::vector<std::string> DeviceUnit::paths() const {
  std::vector<std::string> paths;
  for (const Device& node : nodes) paths.push_back(node.path);
  return paths;
}

std::vector<DeviceUnit> units_of(const std::vector<Device>& devices, bool each_node) {
  std::vector<DeviceUnit> units;
  for (const Device& device : devices) {
    const auto unit =
        each_node ? units.end() : std::find_if(units.begin(), units.end(), [&](const auto& other) {
          return same_unit(other, device);
        });
    if (unit == units.end()) {
      units.push_back({class_of(device), {device}});
    } else {
      unit->nodes.push_back(device);
    }
  }
  if (!each_node) {
    std::stable_sort(units.begin(), units.end(), [](const auto& a, const auto& b) {
      return a.speaker().card < b.speaker().card;
    });
  }
  return units;
}

std::size_t count_hardware(const std::vector<Device>& devices) {
  std::set<std::string> hardware;
  for (const Device& device : devices) {
    hardware.insert(device.bus_info.empty() ? device.path : device.bus_info);
  }
  return hardware.size();
}

std::string path_range(const std::vector<std::string>& paths) {
  if (paths.size() == 1) return paths.front();
  const std::vector<unsigned long> numbers = numbers_of(paths);
  const std::string& first = paths.front();
  const std::string range =
      numbers.empty() ? first + ",.." : compact(first.substr(0, number_at(first)), numbers);
  return range + " (" + std::to_string(paths.size()) + " devices)";
}

bool is_coded(const DeviceFormat& format) {
  return format.compressed || vsl_v4l2_is_compressed_format(format.fourcc.code);
}

std::vector<DeviceFormat> formats_of_use(const Device& device) {
  if (device.type == DeviceType::encoder) return coded_among(device.capture_formats);
  if (device.type == DeviceType::decoder) return coded_among(device.output_formats);
  return device.capture_formats.empty() ? device.output_formats : device.capture_formats;
}

std::vector<DeviceFormat> all_formats(const Device& device) {
  std::vector<DeviceFormat> formats = device.capture_formats;
  for (const DeviceFormat& format : device.output_formats) {
    const auto is_it = [&](const DeviceFormat& other) { return other.fourcc == format.fourcc; };
    if (std::none_of(formats.begin(), formats.end(), is_it)) formats.push_back(format);
  }
  return formats;
}

std::vector<std::string> short_format_names(const Device& device) {
  std::vector<DeviceFormat> formats = formats_of_use(device);
  std::size_t shown = formats.size();
  const DeviceClass kind = class_of(device);
  if (kind == DeviceClass::camera || kind == DeviceClass::converter) {
    const auto coded = std::stable_partition(formats.begin(), formats.end(), std::not_fn(is_coded));
    const auto plain = static_cast<std::size_t>(coded - formats.begin());
    shown = std::min(kShortList, plain != 0 ? plain : formats.size());
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < shown; ++i) names.push_back(formats[i].fourcc.to_string());
  const std::size_t more = formats.size() - shown;
  if (more > 0) names.push_back("+" + std::to_string(more) + " more");
  return names;
}

std::vector<std::string> memory_names(const Device& device) {
  const bool captures = device.type != DeviceType::output;
  const std::uint32_t memory = captures ? device.capture_memory : device.output_memory;
  std::vector<std::string> names;
  for (const auto& [bit, name] :
       {std::tuple{kQueueMmap, "MMAP"}, {kQueueUserptr, "USERPTR"}, {kQueueDmabuf, "DMABUF"}}) {
    if ((memory & bit) != 0) names.emplace_back(name);
  }
  return names;
}

}  // namespace vsl::command
