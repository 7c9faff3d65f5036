// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "frame/available_memory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/unique_fd.hpp"

namespace vsl {
namespace {

/// MemAvailable of /proc/meminfo: what can be had without swapping, caches counted as free. Where
/// there is no /proc, all the memory of the machine: that still stops absurd sizes.
std::size_t available_bytes() {
  std::array<char, 512> text{};  // the line is the third
  const UniqueFd meminfo(::open("/proc/meminfo", O_RDONLY | O_CLOEXEC));
  if (meminfo && ::read(meminfo.get(), text.data(), text.size() - 1) > 0) {
    constexpr const char* kKey = "MemAvailable:";
    const char* line = std::strstr(text.data(), kKey);
    if (line != nullptr) return std::strtoull(line + std::strlen(kKey), nullptr, 10) * 1024;
  }
  return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

Result<void> check_available_memory(std::size_t bytes) {
  const std::size_t available = available_bytes();
  if (bytes <= available) return {};
  return Error::of(std::errc::not_enough_memory, "allocate " + std::to_string(bytes) +
                                                     " bytes of frame memory (" +
                                                     std::to_string(available) + " available)");
}

}  // namespace vsl
