// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "support/closing.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"

namespace vsl::fuzz {
namespace {

bool g_may_block = false;

using Identity = std::pair<dev_t, ino_t>;
std::vector<Identity>& blockers() {
  static auto& instance = *new std::vector<Identity>;
  return instance;
}

Identity identity_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? Identity{status.st_dev, status.st_ino} : Identity{};
}

}  // namespace

bool may_block_now() { return g_may_block; }

void count_as_blocker(int fd) { blockers().push_back(identity_of(fd)); }

bool is_blocker(int fd) {
  const auto& all = blockers();
  return !all.empty() && std::find(all.begin(), all.end(), identity_of(fd)) != all.end();
}

}  // namespace vsl::fuzz

/// vsl::close_elsewhere
extern "C" void __wrap__ZN3vsl15close_elsewhereENS_8UniqueFdE(vsl::UniqueFd fd) noexcept {
  const bool before = std::exchange(vsl::fuzz::g_may_block, true);
  fd.reset();
  vsl::fuzz::g_may_block = before;
}
