// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "support/process_state.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "kernel/kernel.hpp"
#include "support/check.hpp"

namespace vsl::fuzz {
namespace {

std::size_t count_bus_mappings() {
  std::size_t count = 0;
  std::FILE* maps = std::fopen("/proc/self/maps", "re");
  VSL_MUST(maps != nullptr);
  std::array<char, 512> line;
  while (std::fgets(line.data(), line.size(), maps) != nullptr) {
    if (std::strstr(line.data(), "/memfd:vsl") != nullptr) ++count;
  }
  std::fclose(maps);
  return count;
}

}  // namespace

ProcessState ProcessState::look(bool mappings) {
  if (kernel::simulated()) return {kernel::open_descriptors(), kernel::bus_mappings()};
  constexpr std::size_t kFds = 256;
  std::array<pollfd, kFds> all{};
  for (std::size_t i = 0; i < kFds; ++i) all[i].fd = static_cast<int>(i);
  VSL_MUST(::poll(all.data(), all.size(), 0) >= 0);  // one call tells which numbers are open
  ProcessState state;
  state.fds = static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [](const pollfd& each) { return (each.revents & POLLNVAL) == 0; }));
  if (mappings) state.bus_mappings = count_bus_mappings();
  return state;
}

NothingLeft::NothingLeft() {
  constexpr std::size_t kSeldom = 256;
  static std::size_t runs = 0;
  thorough_ = runs++ % kSeldom == 0;
  before_ = ProcessState::look(thorough_);
}

void NothingLeft::done() const {
  const ProcessState after = ProcessState::look(thorough_);
  VSL_MUST(after.fds == before_.fds);
  VSL_MUST(after.bus_mappings == before_.bus_mappings);
}

}  // namespace vsl::fuzz
