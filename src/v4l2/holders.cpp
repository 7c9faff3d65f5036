// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/holders.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace vsl::v4l2 {
namespace {

namespace fs = std::filesystem;

/// Whether a process has the device open. `except_fd` is passed over.
bool has_open(const fs::path& process, dev_t device, int except_fd) {
  std::error_code failure;
  const auto except = std::to_string(except_fd);
  for (fs::directory_iterator fds(process / "fd", failure), end; !failure && fds != end;
       fds.increment(failure)) {
    struct stat status {};
    if (fds->path().filename() == except) continue;
    if (::stat(fds->path().c_str(), &status) != 0) continue;
    if (S_ISCHR(status.st_mode) && status.st_rdev == device) return true;
  }
  return false;
}

std::string name_of(const fs::path& process) {
  std::string name;
  std::ifstream comm(process / "comm");
  std::getline(comm, name);
  for (char& letter : name) {  // a process calls itself what it likes
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) letter = '?';
  }
  return name;
}

bool is_process(const fs::path& path) {
  const std::string name = path.filename();
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string describe_holders(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return {};
  const std::string own_pid = std::to_string(::getpid());
  std::string text;
  std::error_code failure;
  for (fs::directory_iterator processes("/proc", failure), end; !failure && processes != end;
       processes.increment(failure)) {
    const fs::path& process = processes->path();
    if (!is_process(process)) continue;
    const bool own = process.filename() == own_pid;
    if (!has_open(process, status.st_rdev, own ? fd : -1)) continue;
    text += text.empty() ? "held by " : " and ";
    text += own ? "this process itself"
                : "process " + process.filename().string() + " (" + name_of(process) + ")";
  }
  return text;
}

}  // namespace vsl::v4l2
