// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/wake_judge.hpp"

#include <gtest/gtest.h>

namespace vsl::ipc {
namespace {

constexpr std::int64_t kQuickNs = 10'000;
constexpr std::int64_t kSlowNs = 2'000'000;

void note(WakeJudge& judge, std::int64_t wall_ns, std::int64_t cpu_ns) {
  judge.note(wall_ns, judge.wants_cpu_time() ? std::optional(cpu_ns) : std::nullopt);
}

TEST(WakeJudgeTest, GivesUpAGroupWhoseWakesGoOnCostingUs) {
  WakeJudge judge;
  note(judge, kSlowNs, kSlowNs);  // makes it suspect; what it cost us was not measured
  for (std::uint32_t i = 0; i < WakeJudge::kStrikes; ++i) {
    EXPECT_FALSE(judge.too_costly()) << i;
    note(judge, kSlowNs, kSlowNs);
  }
  EXPECT_TRUE(judge.too_costly());
}

TEST(WakeJudgeTest, ForgivesWakesThatOthersMadeSlowNowAndThen) {
  WakeJudge judge;
  for (int i = 0; i < 1000; ++i) {
    for (int slow = 0; slow < 4; ++slow) note(judge, kSlowNs, kSlowNs);
    note(judge, kQuickNs, kQuickNs);
    EXPECT_FALSE(judge.too_costly()) << i;
  }
}

TEST(WakeJudgeTest, DoesNotMindTimeThatWasNotOurs) {
  WakeJudge judge;
  for (int i = 0; i < 1000; ++i) note(judge, kSlowNs, kQuickNs);
  EXPECT_FALSE(judge.too_costly());
}

TEST(WakeJudgeTest, MeasuresOnlyAfterASlowWake) {
  WakeJudge judge;
  note(judge, kQuickNs, kQuickNs);
  EXPECT_FALSE(judge.wants_cpu_time());
  note(judge, kSlowNs, kQuickNs);
  EXPECT_TRUE(judge.wants_cpu_time());
  for (int i = 0; i < 8; ++i) note(judge, kQuickNs, kQuickNs);
  EXPECT_FALSE(judge.wants_cpu_time());
}

}  // namespace
}  // namespace vsl::ipc
