// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "score.hpp"

namespace vsl::storm {

using Random = std::mt19937_64;  // its numbers are the same everywhere

/// 0 … bound − 1. Not quite even, and the same on every machine, which distributions are not.
inline std::uint64_t below(Random& random, std::uint64_t bound) { return random() % bound; }
inline std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(below(random, static_cast<std::uint64_t>(high - low + 1)));
}

/// Something that befalls a process at its time.
struct Action {
  enum class Kind : std::uint32_t { kill_client, stop_client, kill_host, close_host };
  std::int64_t at_ns = 0;  ///< from the start of the part
  Kind kind = Kind::kill_client;
  std::uint32_t slot = 0;
  std::int64_t for_ns = 0;  ///< how long it stays stopped, or there is no host
  friend bool operator==(const Action&, const Action&) = default;
};

struct ScheduleOptions {
  std::uint64_t seed = 0;
  std::int64_t length_ns = 0;
  std::uint32_t first_slot = 0, slots = 0;  ///< who may be hit: [first_slot, slots)
  double kills_per_s = 4, stops_per_s = 1.2;
  double host_ends_per_s = 0;
};

/// In order of time. The same options give the same schedule.
std::vector<Action> make_schedule(const ScheduleOptions& options);

struct Cast {
  bool v1 = true, v2 = true;
};
/// Who reads in a slot that nothing befalls.
Role healthy_role(std::uint32_t slot, const Cast& cast);
/// Who is in a slot for the n-th time.
Role odd_role(std::uint64_t seed, std::uint32_t slot, std::uint32_t generation, const Cast& cast);
/// The numbers a process draws.
Random random_of(std::uint64_t seed, std::uint32_t slot, std::uint32_t generation);

}  // namespace vsl::storm
