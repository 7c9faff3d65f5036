// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "top_history.hpp"

#include <gtest/gtest.h>

namespace vsl::command {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

HostSnapshot with_client(std::uint64_t delivered, std::uint64_t fast, std::uint64_t slow) {
  HostSnapshot host;
  ClientSnapshot client;
  client.pid = 42;
  client.delivered = delivered;
  client.wake_latency[10] = fast;
  client.wake_latency[20] = slow;
  host.clients.push_back(client);
  return host;
}

TEST(TopHistoryTest, FpsIsPostedFramesOverTheTimeBetweenTwoLooks) {
  HostSnapshot before, after;
  before.posted = 100;
  after.posted = 130;
  EXPECT_DOUBLE_EQ(fps_between(before, 0, after, kSecondNs / 2), 60);
}

TEST(TopHistoryTest, FpsIsZeroWhenTheHostWasRestartedBetweenTheLooks) {
  HostSnapshot before, after;
  before.posted = 100;
  EXPECT_DOUBLE_EQ(fps_between(before, 0, after, kSecondNs), 0);
}

TEST(TopHistoryTest, AClientsRateIsSinceTheLookBeforeAndUnknownOnTheFirst) {
  TopHistory history;
  EXPECT_EQ(history.add(with_client(100, 0, 0), kSecondNs).recent[0].fps, std::nullopt);
  EXPECT_DOUBLE_EQ(*history.add(with_client(130, 0, 0), 2 * kSecondNs).recent[0].fps, 30);
}

TEST(TopHistoryTest, ASlowStartIsForgottenByPercentiles) {
  TopHistory history;
  history.add(with_client(0, 0, 1000), kSecondNs);
  EXPECT_EQ(percentile_ns(
                history.add(with_client(0, 10, 1000), 2 * kSecondNs).recent[0].wake_latency, 0.99),
            2U << 10);
}

TEST(TopHistoryTest, PercentilesReachBackTenSeconds) {
  TopHistory history;
  history.add(with_client(0, 0, 0), 0);
  history.add(with_client(0, 0, 5), kSecondNs);
  for (std::int64_t second = 2; second < 11; ++second) {
    const auto recent = history.add(with_client(0, 1, 5), second * kSecondNs).recent[0];
    EXPECT_EQ(recent.wake_latency[20], second <= 10 ? 5U : 0U) << second;
  }
  EXPECT_EQ(history.add(with_client(0, 2, 5), 12 * kSecondNs).recent[0].wake_latency[20], 0U);
}

TEST(TopHistoryTest, AnotherConnectionOfTheSameProcessBeginsAnew) {
  TopHistory history;
  history.add(with_client(100, 7, 0), kSecondNs);
  HostSnapshot later = with_client(10, 3, 0);
  later.clients[0].since_ns = kSecondNs + 1;
  const auto recent = history.add(later, 2 * kSecondNs).recent[0];
  EXPECT_EQ(recent.fps, std::nullopt);
  EXPECT_EQ(recent.wake_latency[10], 3U);
}

}  // namespace
}  // namespace vsl::command
