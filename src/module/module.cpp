// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "module/module.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/guarded.hpp"

namespace vsl {
namespace {

constexpr const char* kFolder = "videostream";
constexpr const char* kPathVariable = "VIDEOSTREAM_MODULE_PATH";

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> folders;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin) folders.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return folders;
}

/// The folder that this code was loaded from. Empty when it cannot be told.
std::string own_folder() {
  Dl_info ours{};
  const auto* address = reinterpret_cast<const void*>(&load_module);
  if (::dladdr(address, &ours) == 0 || ours.dli_fname == nullptr) return {};
  std::error_code failure;
  const auto library = std::filesystem::absolute(ours.dli_fname, failure);
  return failure ? std::string() : library.parent_path().string();
}

// When the library is loaded: what was loaded by a relative path would be looked for in whatever
// folder the program works in later.
const std::string g_own_folder = own_folder();

std::vector<std::string> module_folders() {
  if (const char* path = ::secure_getenv(kPathVariable); path != nullptr && *path != '\0') {
    return split_path(path);
  }
  if (g_own_folder.empty()) return {};
  return {g_own_folder + "/" + kFolder};
}

std::string joined(const std::vector<std::string>& folders) {
  std::string text;
  for (const std::string& folder : folders) text += (text.empty() ? "" : ", ") + folder;
  return text;
}

Error absent(const ModuleName& name, const std::vector<std::string>& folders) {
  return Error::of(std::errc::no_such_file_or_directory,
                   std::string("load ") + name.file + ", which provides " + name.provides +
                       ": it is not in " + joined(folders) +
                       ". Install VideoStream with its modules, or name their folder in " +
                       kPathVariable);
}

Result<const ModuleHead*> open_module(const ModuleName& name, const std::string& path) {
  const auto refuse = [&](const std::string& why) {
    return Error::of(std::errc::not_supported, "load " + path + " (" + why + ")");
  };
  const auto said = [] {
    const char* text = ::dlerror();
    return std::string(text != nullptr ? text : "the loader does not say why");
  };
  // Local: what a module brings along does not answer the program's own calls.
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return refuse(said());
  using Entry = const ModuleHead* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, name.entry));
  if (entry == nullptr) return refuse(said());
  const ModuleHead* head = entry();
  if (std::strcmp(head->release, VSL_RELEASE) != 0) {
    return refuse(std::string("it is of release ") + head->release + ", this library of " +
                  VSL_RELEASE);
  }
  return head;
}

}  // namespace

Result<const ModuleHead*> load_module(const ModuleName& name) {
  return guarded("load a module", [&]() -> Result<const ModuleHead*> {
    const auto folders = module_folders();
    for (const std::string& folder : folders) {
      const std::string path = folder + "/" + name.file;
      if (::access(path.c_str(), F_OK) == 0) return open_module(name, path);
    }
    return absent(name, folders);
  });
}

}  // namespace vsl
