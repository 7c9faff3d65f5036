// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "schedule.hpp"

#include <gtest/gtest.h>

#include <set>

namespace vsl::storm {
namespace {

const ScheduleOptions kOptions{
    .seed = 7, .length_ns = 60'000'000'000, .first_slot = 4, .slots = 12, .host_ends_per_s = 0.2};

TEST(ScheduleTest, TheSameSeedGivesTheSameStorm) {
  EXPECT_EQ(make_schedule(kOptions), make_schedule(kOptions));
  ScheduleOptions other = kOptions;
  other.seed = 8;
  EXPECT_NE(make_schedule(kOptions), make_schedule(other));
}

TEST(ScheduleTest, SparesTheSlotsWhoseReadersAreMeasured) {
  std::set<std::uint32_t> hit;
  for (const Action& action : make_schedule(kOptions)) {
    if (action.kind == Action::Kind::kill_client) hit.insert(action.slot);
  }
  EXPECT_EQ(*hit.begin(), 4U);
  EXPECT_EQ(hit.size(), 8U);
}

TEST(ScheduleTest, ComesInOrderAndAtTheRatesAskedFor) {
  std::int64_t last_ns = 0;
  int kills = 0, stops = 0, host_ends = 0;
  for (const Action& action : make_schedule(kOptions)) {
    EXPECT_LE(last_ns, action.at_ns);
    last_ns = action.at_ns;
    kills += action.kind == Action::Kind::kill_client;
    stops += action.kind == Action::Kind::stop_client;
    host_ends += action.kind == Action::Kind::kill_host || action.kind == Action::Kind::close_host;
  }
  EXPECT_EQ(kills, 240);
  EXPECT_EQ(stops, 72);
  EXPECT_EQ(host_ends, 12);
}

TEST(ScheduleTest, EveryRoleComesOnInTime) {
  std::set<Role> seen;
  for (std::uint32_t generation = 0; generation < 500; ++generation) {
    seen.insert(odd_role(1, 9, generation, {}));
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kLastOdd) + 1);
}

TEST(ScheduleTest, WithOneWireVersionNobodySpeaksTheOther) {
  for (std::uint32_t i = 0; i < 200; ++i) {
    EXPECT_NE(healthy_role(i, {.v1 = false}), Role::v1_reader);
    EXPECT_NE(odd_role(1, 9, i, {.v1 = false}), Role::v1_reader);
    EXPECT_NE(odd_role(1, 9, i, {.v1 = false}), Role::v1_slow);
    EXPECT_EQ(healthy_role(i, {.v2 = false}), Role::v1_reader);
  }
}

}  // namespace
}  // namespace vsl::storm
