// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "census.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace vsl::storm {
namespace {

namespace fs = std::filesystem;

void count_descriptors(const std::string& directory, Footprint& footprint) {
  std::error_code failed;
  for (fs::directory_iterator entry(directory + "/fd", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    ++footprint.fds;
    std::error_code gone;
    const std::string target = fs::read_symlink(entry->path(), gone).string();
    if (target.starts_with("/memfd:vsl")) ++footprint.memfds;
  }
}

void count_mappings(const std::string& directory, Footprint& footprint) {
  std::ifstream maps(directory + "/maps");
  for (std::string line; std::getline(maps, line); ++footprint.maps) {
    if (line.find("/memfd:vsl") != std::string::npos) ++footprint.shared_maps;
  }
}

void read_status(const std::string& directory, Footprint& footprint) {
  std::ifstream status(directory + "/status");
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name == "RssAnon:") words >> footprint.anonymous_kb;
    if (name == "Threads:") words >> footprint.threads;
  }
}

void say_if_more(std::vector<std::string>& sentences, const char* what, std::uint64_t before,
                 std::uint64_t after, std::uint64_t slack) {
  if (after <= before + slack) return;
  sentences.push_back(std::to_string(after - before) + " " + what + " (" + std::to_string(before) +
                      " before, " + std::to_string(after) + " after)");
}

}  // namespace

Footprint footprint_of(pid_t pid) {
  Footprint footprint;
  const std::string directory = "/proc/" + std::to_string(pid);
  count_descriptors(directory, footprint);
  count_mappings(directory, footprint);
  read_status(directory, footprint);
  return footprint;
}

std::vector<std::string> growth(const Footprint& before, const Footprint& after,
                                std::uint64_t slack_kb) {
  constexpr std::uint64_t kHeapMaps = 8;  // an allocator splits and joins its own as it likes
  std::vector<std::string> sentences;
  say_if_more(sentences, "descriptors", before.fds, after.fds, 0);
  say_if_more(sentences, "memfds", before.memfds, after.memfds, 0);
  say_if_more(sentences, "shared mappings", before.shared_maps, after.shared_maps, 0);
  say_if_more(sentences, "mappings", before.maps, after.maps, kHeapMaps);
  say_if_more(sentences, "KiB", before.anonymous_kb, after.anonymous_kb, slack_kb);
  say_if_more(sentences, "threads", before.threads, after.threads, 0);
  return sentences;
}

Footprint most_of(const Footprint& a, const Footprint& b) {
  return {std::max(a.fds, b.fds),
          std::max(a.memfds, b.memfds),
          std::max(a.shared_maps, b.shared_maps),
          std::max(a.maps, b.maps),
          std::max(a.anonymous_kb, b.anonymous_kb),
          std::max(a.threads, b.threads)};
}

}  // namespace vsl::storm
