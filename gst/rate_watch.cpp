// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "rate_watch.hpp"

#include <algorithm>
#include <cstdlib>

namespace vsl::gst {
namespace {

constexpr int kSteadyFrames = 8;

/// Containers that count in milliseconds round to the one before or after.
bool differ(std::int64_t a_ns, std::int64_t b_ns) {
  constexpr std::int64_t kMs = 1'000'000;
  return std::abs(a_ns - b_ns) > std::min(kMs, std::max(a_ns, b_ns) / 8);
}

}  // namespace

bool RateWatch::is_stale(std::int64_t known_ns, std::int64_t now_ns, bool other_producer) {
  if (now_ns <= 0 || !differ(known_ns, now_ns)) {
    seen_ = 0;
    return false;
  }
  if (seen_ == 0 || differ(candidate_ns_, now_ns)) {
    candidate_ns_ = now_ns;
    seen_ = 0;
  }
  ++seen_;
  if (!other_producer && seen_ < kSteadyFrames) return false;
  seen_ = 0;
  return true;
}

}  // namespace vsl::gst
