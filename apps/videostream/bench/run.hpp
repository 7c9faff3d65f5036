// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>

#include "control_page.hpp"

namespace vsl::bench {

/// The figures of one run: a fresh host with fresh clients, floor and bus in turns. Times in µs
/// unless the name says otherwise, "per frame" over counted bus frames after the first phase.
struct RunFigures {
  double bus_p50_us, bus_p99_us, floor_p50_us, floor_p99_us, ratio_p50, ratio_p99;
  double slowest_client_p50_us, slowest_floor_p50_us;
  double post_p50_us, wake_p50_us, post_ratio;
  double host_cpu_us, host_floor_cpu_us, client_cpu_us, client_floor_cpu_us;
  double host_faults_per_frame, client_faults_per_frame;
  double host_allocations_per_frame, client_allocations_per_frame;
  double steady_fds_sent, steady_fds_received, steady_maps;
  double delivered_share, worst_delivered_share, starved_acquires;
  double lock_unlock_ns, lease_release_ns;
};

/// Each figure with the name it has in the JSON document.
struct Figure {
  const char* name;
  double RunFigures::*value;
};
std::span<const Figure> all_figures();

/// Figure by figure the median over runs.
RunFigures median_of(std::span<const RunFigures> runs);

struct RunPlan {
  Settings settings;
  std::uint32_t phase_frames;  ///< counted frames of a phase
  std::uint32_t pairs;         ///< floor and bus phases, in random order within a pair
};

/// Told the share (0 … 1) of the run that is done; returns false to end it.
using Progress = std::function<bool(double)>;

/// Errors: operation_canceled when `progress` said so; those of host and clients.
Result<RunFigures> execute_run(const RunPlan& plan, std::mt19937_64& random,
                               const Progress& progress);

}  // namespace vsl::bench
