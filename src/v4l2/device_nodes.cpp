// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/device_nodes.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

namespace vsl::v4l2 {
namespace {

constexpr std::string_view kPrefix = "video";

// The number of a node's name; false for any other name, video0-copy among them.
bool parse_number(std::string_view name, std::uint32_t& number) {
  if (name.substr(0, kPrefix.size()) != kPrefix) return false;
  const char* const first = name.data() + kPrefix.size();
  const char* const last = name.data() + name.size();
  const auto [end, error] = std::from_chars(first, last, number);
  return error == std::errc() && end == last;
}

}  // namespace

Result<std::vector<std::string>> video_nodes(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::pair<std::uint32_t, std::string>> found;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::uint32_t number = 0;
    if (parse_number(at->path().filename().native(), number)) {
      found.emplace_back(number, at->path().native());
    }
  }
  if (error) return Error{error, "list the devices in " + folder};
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (auto& [number, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace vsl::v4l2
