// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/fixed_queue.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace vsl {
namespace {

TEST(FixedQueueTest, GivesItemsInTheirOrderHoweverOftenItWrapsAround) {
  FixedQueue<int, 3> queue;
  int next_in = 0, next_out = 0;
  for (int round = 0; round < 10; ++round) {
    while (!queue.full()) queue.push_back(next_in++);
    EXPECT_EQ(queue[1], next_out + 1);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(queue.front(), next_out++);
      queue.pop_front();
    }
  }
  EXPECT_EQ(queue.size(), 1U);
}

TEST(FixedQueueTest, LetsGoOfWhatItGaveUp) {
  FixedQueue<std::shared_ptr<int>, 2> queue;
  const auto item = std::make_shared<int>(1);
  queue.push_back(item);
  queue.pop_front();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(item.use_count(), 1);
}

}  // namespace
}  // namespace vsl
