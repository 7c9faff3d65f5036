// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "device_sizes.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace vsl::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kFewSizes = 4, kFewLines = 3;

// Pictures a second, highest first; a driver's zeros are none.
std::vector<double> rates_of(const FrameSize& size) {
  std::set<double, std::greater<>> rates;
  for (const FrameInterval& interval : size.intervals) {
    if (interval.numerator == 0 || interval.denominator == 0) continue;
    rates.insert(double{1} * interval.denominator / interval.numerator);
  }
  return {rates.begin(), rates.end()};
}

std::string rate_text(double rate) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", rate);
  return text;
}

std::string rates_text(const FrameSize& size) {
  const std::vector<double> rates = rates_of(size);
  if (rates.empty()) return "";
  if (size.intervals_are_range) {
    return " (" + rate_text(rates.back()) + " to " + rate_text(rates.front()) + " fps)";
  }
  std::string text;
  for (const double rate : rates) text += (text.empty() ? "" : ", ") + rate_text(rate);
  return " (" + text + " fps)";
}

std::string pixels(std::uint32_t width_px, std::uint32_t height_px) {
  return std::to_string(width_px) + "x" + std::to_string(height_px);
}

std::string sizes_text(std::vector<FrameSize> sizes, bool all) {
  const auto area = [](const FrameSize& size) {
    return std::uint64_t{size.max_width_px} * size.max_height_px;
  };
  std::stable_sort(sizes.begin(), sizes.end(),
                   [&](const FrameSize& a, const FrameSize& b) { return area(a) > area(b); });
  const std::size_t shown = all ? sizes.size() : std::min(kFewSizes, sizes.size());
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) text += (i == 0 ? "" : ", ") + size_text(sizes[i]);
  const std::size_t more = sizes.size() - shown;
  return more == 0 ? text : text + ", +" + std::to_string(more) + " more";
}

// Whole ones as whole numbers: 30, not 30.0.
Json number(double rate) {
  const auto whole = static_cast<std::int64_t>(rate);
  return rate == static_cast<double>(whole) ? Json(whole) : Json(rate);
}

Json size_json(const DeviceFormat& format, const FrameSize& size) {
  Json entry{{"format", format.fourcc.to_string()}};
  if (size.is_range()) {
    entry["min_width"] = size.min_width_px;
    entry["min_height"] = size.min_height_px;
  }
  entry[size.is_range() ? "max_width" : "width"] = size.max_width_px;
  entry[size.is_range() ? "max_height" : "height"] = size.max_height_px;
  if (size.is_range()) {
    entry["step_width"] = size.step_width_px;
    entry["step_height"] = size.step_height_px;
  }
  std::vector<double> rates = rates_of(size);
  const bool range = size.intervals_are_range && !rates.empty();
  if (range) rates = {rates.back(), rates.front()};
  Json fps = Json::array();
  for (const double rate : rates) fps.push_back(number(rate));
  entry[range ? "fps_range" : "fps"] = std::move(fps);
  return entry;
}

}  // namespace

std::string size_text(const FrameSize& size) {
  const std::string largest = pixels(size.max_width_px, size.max_height_px);
  if (!size.is_range()) return largest + rates_text(size);
  return pixels(size.min_width_px, size.min_height_px) + " to " + largest + rates_text(size);
}

std::vector<std::string> size_lines(const Device& device, bool all) {
  std::vector<std::pair<std::string, std::string>> lines;  // formats, and their sizes
  for (const DeviceFormat& format : device.capture_formats) {
    if (format.sizes.empty()) continue;
    const std::string sizes = sizes_text(format.sizes, all);
    const auto same = std::find_if(lines.begin(), lines.end(),
                                   [&](const auto& line) { return line.second == sizes; });
    if (same == lines.end()) {
      lines.emplace_back(format.fourcc.to_string(), sizes);
    } else {
      same->first += ", " + format.fourcc.to_string();
    }
  }
  std::vector<std::string> text;
  for (const auto& [formats, sizes] : lines) {
    if (!all && text.size() == kFewLines) break;
    text.push_back(lines.size() == 1 ? sizes : formats + ": " + sizes);
  }
  if (text.size() < lines.size()) text.emplace_back("… --verbose shows them for every format");
  return text;
}

Json sizes_json(const Device& device) {
  Json sizes = Json::array();
  for (const DeviceFormat& format : device.capture_formats) {
    for (const FrameSize& size : format.sizes) sizes.push_back(size_json(format, size));
  }
  return sizes;
}

}  // namespace vsl::command
