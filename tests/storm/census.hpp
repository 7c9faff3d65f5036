// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace vsl::storm {

/// What a process has, by what /proc says.
struct Footprint {
  std::uint64_t fds = 0;
  std::uint64_t memfds = 0;        ///< … of them memory of the bus
  std::uint64_t shared_maps = 0;   ///< mappings of memfds
  std::uint64_t maps = 0;          ///< all mappings
  std::uint64_t anonymous_kb = 0;  ///< its own memory
  std::uint64_t threads = 0;
};
/// All zero for a process that is not there.
Footprint footprint_of(pid_t pid);

/// What `after` has more than `before`, in words; empty when nothing. `slack_kb`: memory that an
/// allocator may keep.
std::vector<std::string> growth(const Footprint& before, const Footprint& after,
                                std::uint64_t slack_kb);
/// The larger of each.
Footprint most_of(const Footprint& a, const Footprint& b);

}  // namespace vsl::storm
