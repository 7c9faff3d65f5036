// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "metrics.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

namespace vsl::command {
namespace {

TEST(ElapsedTest, IsAsLongAsThereAreNumbersFor) {
  EXPECT_EQ(elapsed_ns(3, 10), 7);
  EXPECT_EQ(elapsed_ns(10, 3), -7);
  EXPECT_EQ(elapsed_ns(INT64_MIN, 1), INT64_MAX);
  EXPECT_EQ(elapsed_ns(INT64_MAX, -2), INT64_MIN);
}

TEST(FrameAgeTest, IsMeasuredByTheClockOfTheCaptureTime) {
  timespec realtime{};
  ::clock_gettime(CLOCK_REALTIME, &realtime);
  FrameInfo info;
  EXPECT_EQ(age_ns(info), 0) << "a capture time that is not known says nothing";
  info.times.captured_ns = monotonic_ns() - 5'000'000;
  EXPECT_GE(age_ns(info), 5'000'000);
  info.times.captured_ns = (realtime.tv_sec - 3600) * std::int64_t{1'000'000'000};
  info.clocks = 1;
  EXPECT_GE(age_ns(info), 3600 * std::int64_t{1'000'000'000});
  info.clocks = 0;
  EXPECT_LT(age_ns(info), 0) << "read by the wrong clock it lies in the future";
}

TEST(LatencySamplesTest, GivesThePercentilesOfTheSortedList) {
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> all;
  LatencySamples samples;
  for (int i = 0; i < 1000; ++i) {
    // Both below and above the bound up to which every µs has its own count.
    const std::uint64_t us = random() % (i % 10 == 0 ? 1'000'000 : 5'000);
    all.push_back(us);
    samples.add(us);
  }
  std::sort(all.begin(), all.end());
  for (const double percent : {0.0, 50.0, 95.0, 99.0, 100.0}) {
    const auto index = static_cast<std::size_t>(std::llround(percent / 100 * 999));
    EXPECT_EQ(samples.percentile_us(percent), all[index]) << percent;
  }
  EXPECT_EQ(samples.min_us(), all.front());
  EXPECT_EQ(samples.max_us(), all.back());
}

TEST(LatencySamplesTest, IsAllZeroWhenEmpty) {
  const LatencySamples samples;
  EXPECT_EQ(samples.percentile_us(99), 0u);
  EXPECT_EQ(samples.min_us(), 0u);
  EXPECT_EQ(samples.average_us(), 0u);
}

TEST(MetricsTest, HasTheDocumentedFieldsInTheirOrder) {
  Metrics metrics(0);
  metrics.add_frame(1'000'000, 1'999);
  metrics.add_frame(1'000'000, -5);
  metrics.add_drops(3);
  const auto record = metrics.to_json(2'000'999'999);
  std::vector<std::string> names;
  for (const auto& [name, value] : record.items()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "frames_processed", "bytes_processed", "duration_ms", "throughput_fps",
                       "bandwidth_mbps", "latency_min_us", "latency_max_us", "latency_avg_us",
                       "latency_p50_us", "latency_p95_us", "latency_p99_us", "dropped_frames"}));
  EXPECT_EQ(record["frames_processed"], 2u);
  EXPECT_EQ(record["duration_ms"], 2000u);
  EXPECT_NEAR(record["throughput_fps"], 1.0, 0.001);
  EXPECT_NEAR(record["bandwidth_mbps"], 8.0, 0.01);
  EXPECT_EQ(record["latency_min_us"], 0u);  // a clock that ran backwards is no latency
  EXPECT_EQ(record["latency_max_us"], 1u);  // whole µs, truncated
  EXPECT_EQ(record["dropped_frames"], 3u);
}

TEST(MetricsTest, DividesByNoElapsedTime) {
  Metrics metrics(5);
  metrics.add_frame(1, 1);
  EXPECT_EQ(metrics.to_json(5)["throughput_fps"], 0.0);
}

TEST(MetricsTest, NamesDropsInTheTextOnlyWhenThereAreAny) {
  Metrics metrics(0);
  metrics.add_frame(1, 1000);
  EXPECT_EQ(metrics.to_text(1'000'000).find("Dropped"), std::string::npos);
  metrics.add_drops(1);
  EXPECT_NE(metrics.to_text(1'000'000).find("1 (50.00%)"), std::string::npos);
  EXPECT_NE(metrics.to_text(1'000'000).find("Performance Metrics"), std::string::npos);
}

TEST(SerialGapsTest, CountsMissingSerialsButNotARestart) {
  SerialGaps gaps;
  EXPECT_EQ(gaps.next(41), 0u);
  EXPECT_EQ(gaps.next(42), 0u);
  EXPECT_EQ(gaps.next(45), 2u);
  EXPECT_FALSE(gaps.restarted());
  EXPECT_EQ(gaps.next(1), 0u);
  EXPECT_TRUE(gaps.restarted());
  EXPECT_EQ(gaps.next(3), 1u);
}

}  // namespace
}  // namespace vsl::command
