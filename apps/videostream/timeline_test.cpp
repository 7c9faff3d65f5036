// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "timeline.hpp"

#include <gtest/gtest.h>

namespace vsl::command {
namespace {

constexpr std::int64_t kMs = 1'000'000;

FrameInfo stamped(std::int64_t pts_ns, std::int64_t dts_ns = -1) {
  FrameInfo info;
  info.times.pts_ns = pts_ns;
  info.times.dts_ns = dts_ns;
  return info;
}
FrameInfo captured(std::int64_t time_ns) {
  FrameInfo info;
  info.times.captured_ns = time_ns;
  return info;
}

TEST(TimelineTest, KeepsTheDistancesOfTheStampsAndBeginsAtZero) {
  Timeline timeline({25, 1});
  std::int64_t now_ns = 1;
  for (const std::int64_t ms : {0, 33, 67, 500}) {
    EXPECT_EQ(timeline.place(captured((7'000 + ms) * kMs), ++now_ns).dts_ns, ms * kMs);
  }
}

TEST(TimelineTest, ShowsPicturesThatWaitForOthersLater) {
  Timeline timeline({25, 1});
  EXPECT_EQ(timeline.place(stamped(80 * kMs, 0), 1).pts_ns, 80 * kMs);
  const auto second = timeline.place(stamped(200 * kMs, 40 * kMs), 2);
  EXPECT_EQ(second.dts_ns, 40 * kMs);
  EXPECT_EQ(second.pts_ns, 200 * kMs);
  EXPECT_EQ(timeline.place(stamped(120 * kMs, 80 * kMs), 3).pts_ns, 120 * kMs);
}

TEST(TimelineTest, GoesOnAtTheRateWhereStampsStandStillOrGoBackOrLeap) {
  Timeline timeline({25, 1});
  timeline.place(stamped(1000 * kMs), 1);
  EXPECT_EQ(timeline.place(stamped(1000 * kMs), 2).dts_ns, 40 * kMs);
  EXPECT_EQ(timeline.place(stamped(5 * kMs), 3).dts_ns, 80 * kMs);
  EXPECT_EQ(timeline.place(stamped(INT64_MAX), 4).dts_ns, 120 * kMs);
  EXPECT_EQ(timeline.place(stamped(0), 5).dts_ns, 160 * kMs);
  EXPECT_EQ(timeline.place(stamped(40 * kMs), 6).dts_ns, 200 * kMs);
}

TEST(TimelineTest, AnotherProducerGoesOnAfterTheTimeThatPassed) {
  Timeline timeline({25, 1});
  timeline.place(stamped(9000 * kMs), 100 * kMs);
  timeline.restarted();
  EXPECT_EQ(timeline.place(stamped(0), 2100 * kMs).dts_ns, 2000 * kMs);
  EXPECT_EQ(timeline.place(stamped(50 * kMs), 2150 * kMs).dts_ns, 2050 * kMs);
}

TEST(TimelineTest, APauseAsLongAsItReallyWasIsKept) {
  Timeline timeline({25, 1});
  constexpr std::int64_t kMinuteNs = 60'000 * kMs;
  timeline.place(captured(kMs), kMs);
  EXPECT_EQ(timeline.place(captured(kMs + kMinuteNs), kMs + kMinuteNs).dts_ns, kMinuteNs);
}

TEST(TimelineTest, FramesWithoutAnyStampAreTimedByTheirArrival) {
  Timeline timeline({25, 1});
  timeline.place({}, 5 * kMs);
  EXPECT_EQ(timeline.place({}, 17 * kMs).dts_ns, 12 * kMs);
}

}  // namespace
}  // namespace vsl::command
