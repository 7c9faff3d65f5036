// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <vector>

namespace vsl::bench {

/// The value at index round(share × (n − 1)) of the sorted samples; 0 when there are none.
double percentile(std::vector<std::int64_t> samples, double share);
/// The middle value, or the mean of the two in the middle; 0 when there are none.
double median(std::vector<double> values);
/// a / b, and 0 when b is.
double ratio(double a, double b);

}  // namespace vsl::bench
