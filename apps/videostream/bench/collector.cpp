// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "collector.hpp"

#include <algorithm>
#include <numeric>

#include "statistics.hpp"

namespace vsl::bench {

void Collector::add_clients(std::span<const PhaseResult> results, std::uint32_t frames) {
  published_ += frames;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const PhaseResult& result = results[i];
    const auto first = result.latency_ns.begin();
    latency_ns_[i].insert(latency_ns_[i].end(), first, first + result.samples);
    received_[i] += result.samples;
    add_usage(clients_, result.usage);
  }
}

std::vector<std::int64_t> Collector::all_latencies() const {
  std::vector<std::int64_t> all;
  for (const auto& one : latency_ns_) all.insert(all.end(), one.begin(), one.end());
  return all;
}

double Collector::slowest_client_p50_ns() const {
  double slowest = 0;
  for (const auto& one : latency_ns_) slowest = std::max(slowest, percentile(one, 0.5));
  return slowest;
}

double Collector::post_p50_ns() const { return percentile(post_ns_, 0.5); }

double Collector::delivered_share() const {
  const auto received = std::accumulate(received_.begin(), received_.end(), std::uint64_t{0});
  return ratio(static_cast<double>(received), static_cast<double>(published_ * received_.size()));
}

double Collector::worst_delivered_share() const {
  const auto fewest = *std::min_element(received_.begin(), received_.end());
  return ratio(static_cast<double>(fewest), static_cast<double>(published_));
}

}  // namespace vsl::bench
