// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include "stranger.hpp"

/// Who gets in, and what an honest client of another user has of it.
namespace vsl::untrusted {
namespace {

using namespace std::chrono_literals;
using ipc::test::Bus;

#define NEEDS_OTHER_USERS() \
  if (const char* why = missing_rights()) GTEST_SKIP() << why

std::uint8_t value_of(std::uint64_t serial) { return static_cast<std::uint8_t>(serial % 251); }

/// Reads three frames filled with their serial; says 1 when connected, 2 at the end; then waits.
int read(const Stage& stage) {
  // Who is turned away before it could say hello is not told why, and comes again.
  auto client = Client::connect(stage.path, {.connect_timeout = 10s});
  if (!client) return client.error().to_errno();
  for (int frames = 0; frames < 3;) {
    auto frame = client->wait_frame(10s);
    if (!frame) return frame.error().to_errno();
    if (!*frame) return 100;
    const Lease& lease = **frame;
    if (frames++ == 0) stage.line.tell(1);
    if (ipc::test::first_byte(lease) != value_of(lease.serial())) return 101;
    if (lease.info().layout.width_px != 64 || !lease.valid()) return 102;
  }
  stage.line.tell(2);
  (void)stage.line.wait();
  return 0;
}
const Role kReader("reader", read);

/// Publishes until the stranger has read or ended.
void serve(Bus& bus, const Stranger& stranger) {
  std::uint64_t said = 0;
  ASSERT_TRUE(bus.until([&] {
    const HostStats stats = bus.host.stats();
    if (stats.v1_clients + stats.v2_clients > 0) bus.publish(value_of(stats.posted + 1));
    said = stranger.line().heard().value_or(said);
    return said == 2 || stranger.ended();
  }));
}

/// How a reader of this user fares: 0 = it reads, else the errno it is refused with.
int outcome(Bus& bus, User user) {
  Stranger reader("reader", user, bus.path());
  serve(bus, reader);
  reader.line().tell(0);
  return reader.end();
}

TEST(AccessTest, AnotherUserReadsFramesWithNothingButTheSocket) {
  NEEDS_OTHER_USERS();
  Bus bus({.socket_mode = 0666});
  EXPECT_EQ(outcome(bus, kSomebody), 0);
}

TEST(AccessTest, TheModeOfTheSocketFileKeepsOthersOut) {
  NEEDS_OTHER_USERS();
  Bus closed({.socket_mode = 0600});
  EXPECT_EQ(outcome(closed, kSomebody), EACCES);
  Bus readable({.socket_mode = 0644});
  EXPECT_EQ(outcome(readable, kSomebody), EACCES) << "reading the file is not connecting";
  HostOptions of_group{.socket_mode = 0660};
  of_group.socket_group = kSomebody.gid;
  Bus group(of_group);
  EXPECT_EQ(outcome(group, kSomebody), 0);
  EXPECT_EQ(outcome(group, kSomebodyElse), EACCES);
}

TEST(AccessTest, OnlyAllowedUsersGetIn) {
  NEEDS_OTHER_USERS();
  Bus bus({.socket_mode = 0666, .allowed_uids = {kSomebody.uid}});
  EXPECT_EQ(outcome(bus, kSomebodyElse), EPERM);
  EXPECT_GE(bus.host.stats().refused, 1U);
  EXPECT_EQ(outcome(bus, kSomebody), 0);
}

TEST(AccessTest, OnlyAllowedGroupsGetIn) {
  NEEDS_OTHER_USERS();
  Bus bus({.socket_mode = 0666, .allowed_gids = {kSomebody.gid}});
  EXPECT_EQ(outcome(bus, {kSomebody.uid, kSomebodyElse.gid}), EPERM);
  EXPECT_EQ(outcome(bus, {kSomebodyElse.uid, kSomebody.gid}), 0);
}

TEST(AccessTest, AnAbstractNameAdmitsItsOwnUserUnlessOthersAreAllowed) {
  NEEDS_OTHER_USERS();
  const auto name = [] { return ipc::test::socket_path().substr(5); };
  Bus own, open;
  own.host = ipc::test::must(Host::listen(name()));
  EXPECT_EQ(outcome(own, kSomebody), EPERM);
  open.host = ipc::test::must(Host::listen(name(), {.allowed_uids = {kSomebody.uid}}));
  EXPECT_EQ(outcome(open, kSomebody), 0);
}

TEST(AccessTest, OneUserCannotTakeThePlacesOfOthers) {
  NEEDS_OTHER_USERS();
  Bus bus({.max_clients = 4, .max_clients_per_uid = 2, .socket_mode = 0666});
  Stranger first("reader", kSomebody, bus.path()), second("reader", kSomebody, bus.path());
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 2; }));
  const Stranger third("reader", kSomebody, bus.path());
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().refused > 0; }));
  EXPECT_EQ(outcome(bus, kSomebodyElse), 0);
  EXPECT_FALSE(third.line().heard()) << "it comes again and again, and gets no frame";
}

}  // namespace
}  // namespace vsl::untrusted
