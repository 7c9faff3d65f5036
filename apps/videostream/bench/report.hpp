// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "run.hpp"
#include "syscalls.hpp"

namespace vsl::bench {

/// All runs with one number of clients.
struct CountResult {
  std::uint32_t clients, fps, phase_frames, pairs;
  std::vector<RunFigures> runs;
};

struct Report {
  Settings settings{};
  std::uint64_t seed = 0;
  double host_bytes_per_idle_client = 0;
  std::optional<SyscallCounts> syscalls;  ///< unset where tracing is forbidden or not wanted
  std::vector<CountResult> results;
};

/// What the figures were taken on.
nlohmann::ordered_json machine_json();

/// For people: ours, the floor and the ratio, medians over runs.
std::string to_text(const Report& report);
/// For programs: everything, every run and the medians.
std::string to_json(const Report& report);

}  // namespace vsl::bench
