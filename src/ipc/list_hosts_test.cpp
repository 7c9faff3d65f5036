// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.hpp"
#include "ipc/address.hpp"
#include "ipc/memfds.hpp"
#include "ipc/testing.hpp"
#include "videostream/inspect.hpp"

namespace vsl::ipc {
namespace {

using test::must;

std::vector<RunningHost> hosts_at(const std::string& path) {
  auto all = must(list_hosts());
  std::erase_if(all, [&](const RunningHost& host) { return host.path != path; });
  return all;
}

TEST(ListHostsTest, NamesAHostByThePathOfItsSocketFile) {
  test::Bus bus;
  const auto found = hosts_at(bus.path());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].pid, ::getpid());
  EXPECT_NE(found[0].epoch, 0U);
}

TEST(ListHostsTest, NamesAHostByItsAbstractName) {
  const std::string name = "vsl-test-list-hosts-" + std::to_string(::getpid());
  const Host host = must(Host::listen(name));
  EXPECT_EQ(hosts_at(name).size(), 1U);
}

TEST(ListHostsTest, TellsTheHostsOfOneProcessApart) {
  test::Bus one, two;
  ASSERT_EQ(hosts_at(one.path()).size(), 1U);
  ASSERT_EQ(hosts_at(two.path()).size(), 1U);
  EXPECT_NE(hosts_at(one.path())[0].epoch, hosts_at(two.path())[0].epoch);
}

TEST(ListHostsTest, KnowsAHostOfTheSamePathByItsNewLife) {
  test::Bus bus;
  const auto before = hosts_at(bus.path());
  bus.restart();
  const auto after = hosts_at(bus.path());
  ASSERT_EQ(before.size(), 1U);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_NE(before[0].epoch, after[0].epoch);
}

TEST(ListHostsTest, NamesNoHostThatHasClosed) {
  test::Bus bus;
  const std::string path = bus.path();
  bus.host.close();
  EXPECT_TRUE(hosts_at(path).empty());
}

// In /proc/net/unix, which is text, the name would begin a line of its own.
TEST(ListHostsTest, ANameWithALineBreakHidesNobody) {
  const std::string unique = std::to_string(::getpid());
  const std::string name = "vsl-test\n0000: 00000002 00000000 00010000 0005 01 1 @" + unique;
  const Host odd = must(Host::listen(name));
  test::Bus bus;
  EXPECT_EQ(hosts_at(name).size(), 1U);
  EXPECT_EQ(hosts_at(bus.path()).size(), 1U);
  EXPECT_TRUE(hosts_at(unique).empty());
}

TEST(ListHostsTest, APathThatLeadsElsewhereByNowNamesNobody) {
  const test::Bus bus;
  const std::string path = bus.path();
  ::unlink(path.c_str());
  EXPECT_EQ(vsl::testing::in_child([&] {
              ::close_range(3, ~0U, 0);  // of our host's, too
              const auto other = Listener::open(path, {});
              return other && hosts_at(path).empty() ? 0 : 1;
            }),
            0);
}

TEST(ListHostsTest, WhatIsNamedLikeOurMemoryIsNotWaitedFor) {
  const std::string path = test::socket_path() + ".fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto mapped = map_memfd(path, 4096);
  ASSERT_FALSE(mapped);
  EXPECT_EQ(mapped.error().code, std::errc::not_supported);
  ::unlink(path.c_str());
}

TEST(ListHostsTest, NamesNoClient) {
  test::Bus bus;
  const Client client = bus.client();
  EXPECT_EQ(hosts_at(bus.path()).size(), 1U);
}

}  // namespace
}  // namespace vsl::ipc
