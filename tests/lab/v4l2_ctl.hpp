// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "videostream/device.hpp"

/// v4l2-ctl, the kernel's own tool, as a second opinion; and our devices in its words.
namespace vsl::lab {

/// What it prints, line by line, without the white space in front.
inline std::vector<std::string> v4l2_ctl(const std::string& arguments) {
  std::vector<std::string> lines;
  std::FILE* const pipe = ::popen(("v4l2-ctl " + arguments + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return lines;
  std::array<char, 1024> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) {
    std::string line(buffer.data());
    line.erase(line.find_last_not_of("\r\n") + 1);
    line.erase(0, line.find_first_not_of(" \t"));
    if (!line.empty()) lines.push_back(line);
  }
  ::pclose(pipe);
  return lines;
}

/// What stands behind "Label   : " in its lines; empty if nothing does.
inline std::string value_of(const std::vector<std::string>& lines, const std::string& label) {
  for (const std::string& line : lines) {
    if (line.rfind(label, 0) != 0) continue;
    const std::size_t colon = line.find(": ", label.size());
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "";
}

template <class... Numbers>
std::string print(const char* format, Numbers... numbers) {
  std::array<char, 200> text;
  std::snprintf(text.data(), text.size(), format, numbers...);
  return text.data();
}

/// What it lists of formats, one list per queue that it was asked about. Its names of the flags
/// that follow a description are dropped, and so is the difference between a continuous range and
/// one in steps of one pixel: we do not keep it.
inline std::vector<std::vector<std::string>> format_lists(const std::vector<std::string>& lines) {
  std::vector<std::vector<std::string>> lists;
  for (std::string line : lines) {
    if (line.rfind("ioctl: ", 0) == 0) lists.emplace_back();
    if (line.rfind("Size: Continuous", 0) == 0) {
      line = "Size: Stepwise" + line.substr(16) + " with step 1/1";
    }
    const bool wanted =
        line[0] == '[' || line.rfind("Size:", 0) == 0 || line.rfind("Interval:", 0) == 0;
    if (wanted && !lists.empty()) lists.back().push_back(line.substr(0, line.find(',')));
  }
  return lists;
}

inline std::string code_of(Fourcc format) {
  std::string text;
  for (int i = 0; i < 4; ++i) text += static_cast<char>(format.code >> (8 * i) & 0x7f);
  return format.code >> 31 != 0 ? text + "-BE" : text;
}

inline void print_intervals(const FrameSize& size, std::vector<std::string>& lines) {
  for (const FrameInterval interval : size.intervals) {
    const double seconds = 1.0 * interval.numerator / interval.denominator;
    lines.push_back(print("Interval: Discrete %.3fs (%.3f fps)", seconds, 1 / seconds));
  }
}

/// The same of ours. It asks for the intervals of single sizes only.
inline std::vector<std::string> formats_by_us(const std::vector<DeviceFormat>& formats) {
  std::vector<std::string> lines;
  for (const DeviceFormat& format : formats) {
    const std::string code = code_of(format.fourcc);
    std::string line = print("[%zu]: '%s' (%s", static_cast<std::size_t>(&format - &formats[0]),
                             code.c_str(), format.description.c_str());
    lines.push_back(format.flags == 0 ? line + ")" : line);
    for (const FrameSize& size : format.sizes) {
      if (!size.is_range()) {
        lines.push_back(print("Size: Discrete %ux%u", size.min_width_px, size.min_height_px));
        print_intervals(size, lines);
        continue;
      }
      lines.push_back(print("Size: Stepwise %ux%u - %ux%u with step %u/%u", size.min_width_px,
                            size.min_height_px, size.max_width_px, size.max_height_px,
                            size.step_width_px, size.step_height_px));
    }
  }
  return lines;
}

}  // namespace vsl::lab
