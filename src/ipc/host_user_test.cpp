// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/host_user.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "ipc/testing.hpp"

namespace vsl::ipc {
namespace {

using test::Bus;

TEST(HostUserTest, UsersAreGivenByNameOrNumber) {
  const auto users = parse_users("root,1000,any");
  ASSERT_TRUE(users);
  EXPECT_EQ(*users, (std::vector<uid_t>{0, 1000, kAnyUser}));
}

TEST(HostUserTest, WhatIsNoUserIsNamedInTheError) {
  for (const char* words : {"no-such-user-here", "root,,1000", "", "-1", "4294967295", "1000 "}) {
    const auto users = parse_users(words);
    ASSERT_FALSE(users) << words;
    EXPECT_EQ(users.error().code, std::errc::invalid_argument);
    EXPECT_NE(users.error().where.find("is no user"), std::string::npos) << users.error().where;
  }
}

TEST(HostUserTest, AHostOfOurOwnUserIsOneUnlessOthersAloneAreExpected) {
  Bus bus;
  EXPECT_TRUE(Client::connect(bus.path(), {.host_uids = {::geteuid()}}));
  EXPECT_TRUE(Client::connect(bus.path(), {.host_uids = {kAnyUser}}));
  const auto client = Client::connect(bus.path(), {.host_uids = {::geteuid() + 1}});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, std::errc::operation_not_permitted);
  EXPECT_NE(client.error().where.find(std::to_string(::geteuid())), std::string::npos);
}

TEST(HostUserTest, MemoryThatMayFaultIsRefusedFromOthersUnlessItIsAccepted) {
  const uid_t other = ::geteuid() + 1;
  EXPECT_FALSE(refuses_may_fault({}, ::geteuid()));
  EXPECT_FALSE(refuses_may_fault({}, 0));
  EXPECT_TRUE(refuses_may_fault({}, other));
  EXPECT_FALSE(refuses_may_fault({.accept_may_fault = true}, other));
  EXPECT_TRUE(refuses_may_fault({.refuse_may_fault = true}, ::geteuid()));
}

}  // namespace
}  // namespace vsl::ipc
