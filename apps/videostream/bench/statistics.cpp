// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "statistics.hpp"

#include <algorithm>
#include <cmath>

namespace vsl::bench {

double percentile(std::vector<std::int64_t> samples, double share) {
  if (samples.empty()) return 0;
  const auto index = std::lround(share * static_cast<double>(samples.size() - 1));
  std::nth_element(samples.begin(), samples.begin() + index, samples.end());
  return static_cast<double>(samples[static_cast<std::size_t>(index)]);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

double ratio(double a, double b) { return b == 0 ? 0 : a / b; }

}  // namespace vsl::bench
