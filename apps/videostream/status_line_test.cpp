// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "status_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vsl::command {
namespace {

using testing::ElementsAre;
constexpr std::int64_t kSecondNs = 1'000'000'000;

TEST(ProgressItemsTest, TellTimeShareAndSize) {
  EXPECT_THAT(progress_items(61 * kSecondNs, 250'000, 1'000'000),
              ElementsAre("01:01", "25 %", "250.0 kB of 1.0 MB"));
}

TEST(ProgressItemsTest, KnowNoShareOfWhatHasNoEnd) {
  EXPECT_THAT(progress_items(kSecondNs, 1'500'000, 0), ElementsAre("00:01", "1.5 MB"));
}

TEST(ProgressItemsTest, OfAFileThatGrowsStayBelowTheWhole) {
  EXPECT_THAT(progress_items(0, 2'000, 1'000), ElementsAre("00:00", "100 %", "1.0 kB of 1.0 kB"));
}

}  // namespace
}  // namespace vsl::command
