// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <array>
#include <vector>

#include "run.hpp"
#include "statistics.hpp"

namespace vsl::bench {
namespace {

#define VSL_FIGURE(name) \
  Figure { #name, &RunFigures::name }
constexpr std::array kFigures = {VSL_FIGURE(bus_p50_us),
                                 VSL_FIGURE(bus_p99_us),
                                 VSL_FIGURE(floor_p50_us),
                                 VSL_FIGURE(floor_p99_us),
                                 VSL_FIGURE(ratio_p50),
                                 VSL_FIGURE(ratio_p99),
                                 VSL_FIGURE(slowest_client_p50_us),
                                 VSL_FIGURE(slowest_floor_p50_us),
                                 VSL_FIGURE(post_p50_us),
                                 VSL_FIGURE(wake_p50_us),
                                 VSL_FIGURE(post_ratio),
                                 VSL_FIGURE(host_cpu_us),
                                 VSL_FIGURE(host_floor_cpu_us),
                                 VSL_FIGURE(client_cpu_us),
                                 VSL_FIGURE(client_floor_cpu_us),
                                 VSL_FIGURE(host_faults_per_frame),
                                 VSL_FIGURE(client_faults_per_frame),
                                 VSL_FIGURE(host_allocations_per_frame),
                                 VSL_FIGURE(client_allocations_per_frame),
                                 VSL_FIGURE(steady_fds_sent),
                                 VSL_FIGURE(steady_fds_received),
                                 VSL_FIGURE(steady_maps),
                                 VSL_FIGURE(delivered_share),
                                 VSL_FIGURE(worst_delivered_share),
                                 VSL_FIGURE(starved_acquires),
                                 VSL_FIGURE(lock_unlock_ns),
                                 VSL_FIGURE(lease_release_ns)};
#undef VSL_FIGURE
static_assert(sizeof(RunFigures) == kFigures.size() * sizeof(double), "a figure is not listed");

}  // namespace

std::span<const Figure> all_figures() { return kFigures; }

RunFigures median_of(std::span<const RunFigures> runs) {
  RunFigures result{};
  for (const Figure& figure : kFigures) {
    std::vector<double> values;
    for (const RunFigures& run : runs) values.push_back(run.*figure.value);
    result.*figure.value = median(std::move(values));
  }
  return result;
}

}  // namespace vsl::bench
