// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "leaks.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vsl::injector {
namespace {

/// Inode numbers differ from run to run, and say nothing: "socket:[4711]".
std::string without_inode(const std::string& target) { return target.substr(0, target.find(":[")); }

std::multiset<std::string> open_descriptors() {
  std::multiset<std::string> found;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
    found.insert("descriptor of " + without_inode(target));
  }
  return found;
}

std::multiset<std::string> shared_mappings() {
  std::multiset<std::string> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const auto name = line.find('/');
    const auto mode = line.find(' ');
    // Private ones are the program and its heap.
    if (name == std::string::npos || line.compare(mode + 4, 1, "s") != 0) continue;
    found.insert("mapping of " + line.substr(name));
  }
  return found;
}

std::multiset<std::string> names_of_ours() {
  std::multiset<std::string> found;
  const std::string pid = std::to_string(::getpid());
  const std::string prefixes[] = {"/dev/shm/vsl-" + pid + "-", "/dev/shm/injector-" + pid,
                                  "/tmp/vsl-test-" + pid + "-"};
  for (const char* folder : {"/dev/shm", "/tmp"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string path = entry.path().string();
      const auto ours = [&](const std::string& prefix) { return path.starts_with(prefix); };
      if (std::any_of(std::begin(prefixes), std::end(prefixes), ours)) found.insert("name " + path);
    }
  }
  return found;
}

}  // namespace

Holdings Holdings::now() { return {open_descriptors(), shared_mappings(), names_of_ours()}; }

std::vector<std::string> leaked(const Holdings& before, const Holdings& after) {
  std::vector<std::string> more;
  const auto compare = [&](const auto& old, const auto& now) {
    std::set_difference(now.begin(), now.end(), old.begin(), old.end(), std::back_inserter(more));
  };
  compare(before.descriptors, after.descriptors);
  compare(before.mappings, after.mappings);
  compare(before.names, after.names);
  return more;
}

}  // namespace vsl::injector
