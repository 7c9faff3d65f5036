// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "memory.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace vsl::gst_bench {
namespace {

std::uint64_t own_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) * 1024;
  }
  return 0;
}

bool is_shared_memory(const std::string& link) {
  return link.starts_with("/memfd:") || link.starts_with("/dev/shm/") ||
         link.starts_with("/dmabuf:");
}

}  // namespace

std::uint64_t memory_bytes() {
  std::map<std::pair<dev_t, ino_t>, std::uint64_t> files;  // each counts once
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto link = std::filesystem::read_symlink(entry.path(), gone);
    struct stat about {};
    if (gone || !is_shared_memory(link.string())) continue;
    if (::stat(entry.path().c_str(), &about) != 0) continue;
    const auto kept = static_cast<std::uint64_t>(about.st_blocks) * 512;
    files[{about.st_dev, about.st_ino}] =
        kept != 0 ? kept : static_cast<std::uint64_t>(about.st_size);
  }
  std::uint64_t sum = own_bytes();
  for (const auto& [inode, bytes] : files) sum += bytes;
  return sum;
}

}  // namespace vsl::gst_bench
