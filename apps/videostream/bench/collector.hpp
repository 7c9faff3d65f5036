// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "timing.hpp"

namespace vsl::bench {

/// Gathers one kind of phase, floor or bus, over a run: of the producer and of every client.
class Collector {
 public:
  /// Room for `posts` costs is made now: the measured loop allocates nothing of its own.
  Collector(std::uint32_t clients, std::size_t posts) : latency_ns_(clients), received_(clients) {
    post_ns_.reserve(posts);
  }

  void add_post(std::int64_t cost_ns) { post_ns_.push_back(cost_ns); }
  void add_host_usage(const Usage& usage) { add_usage(host_, usage); }
  /// After a phase of `frames` counted frames.
  void add_clients(std::span<const PhaseResult> results, std::uint32_t frames);

  std::vector<std::int64_t> all_latencies() const;
  double slowest_client_p50_ns() const;
  double post_p50_ns() const;
  /// Frames received by all clients together, and by the one that got fewest, of those published.
  double delivered_share() const;
  double worst_delivered_share() const;
  const Usage& host() const { return host_; }
  const Usage& clients() const { return clients_; }

 private:
  std::vector<std::vector<std::int64_t>> latency_ns_;
  std::vector<std::uint64_t> received_;
  std::vector<std::int64_t> post_ns_;
  std::uint64_t published_ = 0;
  Usage host_{}, clients_{};
};

}  // namespace vsl::bench
