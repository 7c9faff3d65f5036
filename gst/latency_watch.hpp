// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vsl::gst {

/// How late a producer is by nature, from the ages of its frames when they come: what is late again
/// and again is its latency, however long; a single frame that is later than others was held up
/// somewhere, and waiting for the like of it would delay all.
class LatencyWatch {
 public:
  /// Takes the age of a frame that somebody waited for, and its duration (≤ 0: unknown). Returns
  /// the latency to report, which never shrinks.
  std::int64_t learn(std::int64_t age_ns, std::int64_t duration_ns);
  std::int64_t latency_ns() const noexcept { return latency_ns_; }

 private:
  std::array<std::int64_t, 4> ages_ns_{};
  std::size_t seen_ = 0;
  std::int64_t latency_ns_ = 0;
};

}  // namespace vsl::gst
