// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "latency_watch.hpp"

#include <algorithm>

namespace vsl::gst {

std::int64_t LatencyWatch::learn(std::int64_t age_ns, std::int64_t duration_ns) {
  constexpr std::int64_t kMs = 1'000'000;
  ages_ns_[seen_++ % ages_ns_.size()] = age_ns;
  // Below the smallest of the last ages nothing comes any more.
  const bool knows = seen_ >= ages_ns_.size();
  const std::int64_t steady_ns = knows ? *std::min_element(ages_ns_.begin(), ages_ns_.end()) : 0;
  const std::int64_t delay_ns = std::max(100 * kMs, 2 * std::max<std::int64_t>(duration_ns, 0));
  const std::int64_t late_ns = std::min(age_ns, steady_ns + delay_ns);
  if (late_ns <= latency_ns_) return latency_ns_;
  const std::int64_t reserve_ns = std::min(late_ns / 4, 25 * kMs);  // for those still later
  latency_ns_ = (late_ns + reserve_ns + kMs - 1) / kMs * kMs;
  return latency_ns_;
}

}  // namespace vsl::gst
