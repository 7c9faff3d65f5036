// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "statistics.hpp"

#include <gtest/gtest.h>

namespace vsl::bench {
namespace {

TEST(StatisticsTest, PercentileOfNothingIsZero) { EXPECT_EQ(percentile({}, 0.5), 0); }

TEST(StatisticsTest, PercentileDoesNotNeedSortedSamples) {
  EXPECT_EQ(percentile({30, 10, 20}, 0.5), 20);
  EXPECT_EQ(percentile({30, 10, 20}, 0), 10);
  EXPECT_EQ(percentile({30, 10, 20}, 1), 30);
}

TEST(StatisticsTest, PercentileRoundsToTheNearestSample) {
  EXPECT_EQ(percentile({1, 2, 3, 4}, 0.5), 3);  // index 1.5, halves away from zero
  EXPECT_EQ(percentile({1, 2, 3, 4}, 0.4), 2);  // index 1.2
}

TEST(StatisticsTest, MedianOfAnEvenCountLiesBetweenTheMiddleTwo) {
  EXPECT_DOUBLE_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(median({5, 1, 3}), 3);
  EXPECT_DOUBLE_EQ(median({}), 0);
}

TEST(StatisticsTest, RatioToZeroIsZero) {
  EXPECT_DOUBLE_EQ(ratio(3, 2), 1.5);
  EXPECT_DOUBLE_EQ(ratio(3, 0), 0);
}

}  // namespace
}  // namespace vsl::bench
