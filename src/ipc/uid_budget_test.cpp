// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/uid_budget.hpp"

#include <gtest/gtest.h>

namespace vsl::ipc {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

int taken(UidBudget& budget, uid_t uid, std::int64_t now_ns) {
  int count = 0;
  while (count < 1000 && budget.take(uid, now_ns)) ++count;
  return count;
}

TEST(UidBudgetTest, GrantsSoManyAtOnceAndSoManyASecond) {
  UidBudget budget(100, 8);
  EXPECT_EQ(taken(budget, 7, kSecondNs), 8);
  EXPECT_EQ(taken(budget, 7, kSecondNs + kSecondNs / 50), 2);
  EXPECT_EQ(taken(budget, 7, 10 * kSecondNs), 8) << "who waited long has no more than that";
}

TEST(UidBudgetTest, ATakerOfEverythingTakesNothingFromOthers) {
  UidBudget budget(100, 8);
  (void)taken(budget, 7, kSecondNs);
  EXPECT_EQ(taken(budget, 8, kSecondNs), 8);
}

TEST(UidBudgetTest, WhoTookMostIsRememberedThoughManyOthersCome) {
  UidBudget budget(1, 8);
  (void)taken(budget, 7, kSecondNs);
  for (uid_t uid = 1000; uid < 2000; ++uid) EXPECT_TRUE(budget.take(uid, kSecondNs));
  EXPECT_FALSE(budget.take(7, kSecondNs));
}

}  // namespace
}  // namespace vsl::ipc
