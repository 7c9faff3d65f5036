// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "kernel/calls.hpp"
#include "kernel/memory.hpp"

namespace vsl::fuzz::kernel {
namespace {

/// What is at a path that the library opens in a fuzzer; null for the real kernel's.
FilePtr open_path(std::string_view path, int flags) {
  if (path == "/dev/null" || path == "/dev/zero") {
    return make_thing(S_IFCHR | 0666, flags, std::string(path));
  }
  if (path == "/") return make_thing(S_IFDIR | 0755, flags, "/");
  if (path == "/dev/shm" && (flags & O_TMPFILE) == O_TMPFILE) {
    return make_memory("/dev/shm/#1 (deleted)", false);
  }
  if (!path.starts_with("/proc/")) return nullptr;
  if (path.ends_with("/comm")) return make_text("fuzzer\n");
  if (path == "/proc/self/stat") return make_text("1 (fuzzer) R 0 1 1 0");
  return nullptr;
}

/// The number in …/fd/NUMBER; -1 for another path, or a number that is not ours.
int number_in(const char* path) {
  const char* const folder = std::strstr(path, "/fd/");
  if (folder == nullptr || std::strncmp(path, "/proc/", 6) != 0) return -1;
  const long fd = std::strtol(folder + 4, nullptr, 10);
  return fd >= kFirstDescriptor && fd <= INT32_MAX ? static_cast<int>(fd) : -1;
}

int open_file(const char* path, int flags, mode_t mode, int (*real)(const char*, int, ...)) {
  if (!simulated()) return real(path, flags, mode);
  if (const int fd = number_in(path); fd >= 0) {
    File* const file = find(fd);
    FilePtr again = file != nullptr ? file->reopen(flags) : nullptr;
    return answer(again != nullptr  ? install(std::move(again))
                  : file != nullptr ? -ENXIO
                                    : -ENOENT);
  }
  FilePtr file = open_path(path, flags);
  return file != nullptr ? install(std::move(file)) : real(path, flags, mode);
}

/// The folder of our descriptors while somebody reads it.
struct Folder {
  std::vector<int> fds;
  std::size_t next = 0;
  dirent entry{};
};

std::vector<Folder*>& open_folders() {
  static auto& instance = *new std::vector<Folder*>;
  return instance;
}

Folder* as_folder(DIR* directory) {
  const auto& all = open_folders();
  auto* const folder = reinterpret_cast<Folder*>(directory);
  return std::find(all.begin(), all.end(), folder) != all.end() ? folder : nullptr;
}

}  // namespace
}  // namespace vsl::fuzz::kernel

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
using namespace vsl::fuzz::kernel;

extern "C" {

int __real_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return open_file(path, flags, mode, __real_open);
}

VSL_REAL(ssize_t, readlink, const char* path, char* target, std::size_t bytes) {
  const int fd = simulated() ? number_in(path) : -1;
  if (fd < 0) return __real_readlink(path, target, bytes);
  const File* const file = find(fd);
  if (file == nullptr) return answer<ssize_t>(-ENOENT);
  const std::string link = file->link();
  return static_cast<ssize_t>(link.copy(target, bytes));
}

VSL_REAL(DIR*, opendir, const char* path) {
  const std::string_view name(path);
  if (!simulated() || !name.starts_with("/proc/") || !name.ends_with("/fd")) {
    return __real_opendir(path);
  }
  open_folders().push_back(new Folder{descriptors()});
  return reinterpret_cast<DIR*>(open_folders().back());
}

VSL_REAL(dirent*, readdir, DIR* directory) {
  Folder* const folder = as_folder(directory);
  if (folder == nullptr) return __real_readdir(directory);
  if (folder->next == folder->fds.size()) return nullptr;
  const std::string name = std::to_string(folder->fds[folder->next++]);
  folder->entry.d_name[name.copy(folder->entry.d_name, sizeof folder->entry.d_name - 1)] = '\0';
  return &folder->entry;
}

VSL_REAL(int, closedir, DIR* directory) {
  Folder* const folder = as_folder(directory);
  if (folder == nullptr) return __real_closedir(directory);
  std::erase(open_folders(), folder);
  delete folder;
  return 0;
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
