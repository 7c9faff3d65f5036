// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include "stranger.hpp"

/// Hosts of other users, and what a client thinks of them.
namespace vsl::untrusted {
namespace {

using namespace std::chrono_literals;
using ipc::test::Bus;
using ipc::test::must;

#define NEEDS_OTHER_USERS() \
  if (const char* why = missing_rights()) GTEST_SKIP() << why

/// A host of another user with a frame of 64 x 32 in it, that anybody may connect to.
class TheirHost {
 public:
  explicit TheirHost(User user = kSomebody, const std::string& memory = "sealed")
      : path(ipc::test::socket_path()), host_("their host", user, path, {memory}) {
    if (host_.line().wait() != 1) std::abort();
  }
  ~TheirHost() { host_.line().tell(2); }

  const std::string path;

 private:
  Stranger host_;
};

int serve(const Stage& stage) {
  const bool sealed = stage.more[0] == "sealed";
  Bus bus({}, 4, {.source = sealed ? MemorySource::memfd : MemorySource::shm});
  Host own = must(Host::listen(stage.path, {.socket_mode = 0666}));
  Frame frame = bus.acquire();
  ipc::test::fill(frame, 7);
  (void)must(own.publish(std::move(frame)));
  stage.line.tell(1);
  while (stage.line.heard() != 2) (void)own.wait(10ms).has_value();
  return 0;
}
const Role kTheirHost("their host", serve);

TEST(UntrustedHostsTest, AHostOfAnotherUserIsNotAHostUnlessItWasExpected) {
  NEEDS_OTHER_USERS();
  const TheirHost host;
  const auto client = Client::connect(host.path);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, std::errc::operation_not_permitted);
  EXPECT_NE(client.error().where.find(std::to_string(kSomebody.uid)), std::string::npos)
      << client.error().where;
}

TEST(UntrustedHostsTest, AnExpectedHostOfAnotherUserIsReadFrom) {
  NEEDS_OTHER_USERS();
  const TheirHost host;
  for (const uid_t user : {kSomebody.uid, kAnyUser}) {
    Client client = must(Client::connect(host.path, {.host_uids = {kSomebodyElse.uid, user}}));
    const auto lease = must(client.wait_frame(10s));
    ASSERT_TRUE(lease);
    EXPECT_EQ(ipc::test::first_byte(*lease), 7);
  }
}

TEST(UntrustedHostsTest, RootIsNoHostWhereAnotherUserIsExpected) {
  NEEDS_OTHER_USERS();
  Bus bus;
  const auto client = Client::connect(bus.path(), {.host_uids = {kSomebody.uid}});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, std::errc::operation_not_permitted);
}

TEST(UntrustedHostsTest, FramesThatItCouldTruncateUnderUsAreRefusedUnlessAccepted) {
  NEEDS_OTHER_USERS();
  const TheirHost host(kSomebody, "can be truncated");
  Client careful = must(Client::connect(host.path, {.host_uids = {kAnyUser}}));
  while (careful.stats().refused == 0) ASSERT_FALSE(must(careful.wait_frame(10ms)));
  Client trusting =
      must(Client::connect(host.path, {.host_uids = {kAnyUser}, .accept_may_fault = true}));
  const auto lease = must(trusting.wait_frame(10s));
  ASSERT_TRUE(lease);
  EXPECT_EQ(ipc::test::first_byte(*lease), 7);
}

TEST(UntrustedHostsTest, FramesOfOurOwnHostAreTakenFromWhereverTheyLie) {
  Bus bus({}, 4, {.source = MemorySource::shm});
  Client client = bus.client();
  Client careful = bus.client({.refuse_may_fault = true});
  bus.publish(3);
  EXPECT_TRUE(bus.next(client));
  ASSERT_TRUE(bus.until([&] {
    EXPECT_FALSE(must(careful.try_frame()));
    return careful.stats().refused == 1;
  }));
}

}  // namespace
}  // namespace vsl::untrusted
