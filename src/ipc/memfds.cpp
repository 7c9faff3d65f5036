// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/memfds.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string_view>

#include "base/memfd.hpp"

namespace vsl::ipc {

Result<std::vector<std::string>> find_memfds(int pid, const std::string& name) {
  std::vector<std::string> found;
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const std::string wanted = "/memfd:" + name;
  const std::unique_ptr<DIR, int (*)(DIR*)> fds(::opendir(folder.c_str()), ::closedir);
  if (fds == nullptr) {
    return Error::last("look at the descriptors of process " + std::to_string(pid));
  }
  while (const dirent* entry = ::readdir(fds.get())) {
    const std::string path = folder + "/" + entry->d_name;
    std::array<char, 64> target{};  // one that was closed in the meantime leads nowhere
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    const std::string_view leads_to(target.data(), length > 0 ? static_cast<size_t>(length) : 0);
    if (leads_to.starts_with(wanted)) found.push_back(path);
  }
  return found;
}

Result<Mapping> map_memfd(const std::string& path, std::size_t bytes) {
  const auto not_ours = [&] {
    return Error::of(std::errc::not_supported, "read " + path + ", which is not ours");
  };
  // Looked at before it is opened: a process may call a FIFO, or what has no end, as we call ours.
  const UniqueFd seen(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!seen || ::fstat(seen.get(), &status) != 0) return Error::last("open " + path);
  if (!S_ISREG(status.st_mode)) return not_ours();
  const std::string same = "/proc/self/fd/" + std::to_string(seen.get());
  const UniqueFd fd(::open(same.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return Error::last("open " + path);
  VSL_TRY(const ReceivedShape shape, inspect_shape(fd.get()));
  if (!shape.sealed_size || shape.huge_pages || shape.bytes < bytes) return not_ours();
  return Mapping::map(fd.get(), bytes, {});
}

}  // namespace vsl::ipc
