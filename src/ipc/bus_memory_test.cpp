// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include <cstring>

#include "base/testing.hpp"
#include "ipc/testing.hpp"

namespace vsl {
namespace {

using namespace std::chrono_literals;
using ipc::test::Bus;
using ipc::test::first_byte;

TEST(BusMemoryTest, PassesEachBufferOnce) {
  Bus bus;
  Client client = bus.client();
  for (int i = 0; i < 8; ++i) bus.round(client);
  const auto before = client.stats().fds_received;
  const auto sent = bus.host.stats().fds_sent;
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(bus.round(client));
  EXPECT_EQ(client.stats().fds_received, before);
  EXPECT_EQ(bus.host.stats().fds_sent, sent);
}

TEST(BusMemoryTest, MapsEachBufferOnce) {
  Bus bus;
  Client client = bus.client();
  const auto read_frames = [&](int count) {
    for (int i = 0; i < count; ++i) {
      bus.publish(1);
      const Lease lease = bus.next(client);
      ASSERT_TRUE(lease);
      ASSERT_EQ(first_byte(lease), 1);
    }
  };
  read_frames(32);
  const auto maps = client.stats().maps;
  EXPECT_GT(maps, 0U);
  EXPECT_LE(maps, bus.pool.stats().buffers);
  read_frames(200);
  EXPECT_EQ(client.stats().maps, maps);
  bus.restart();
  read_frames(1);
  EXPECT_EQ(client.stats().maps, maps + 1) << "counted on over the restart of the host";
}

TEST(BusMemoryTest, AClientLetsGoOfMemoryThatTheHostForgotThoughNothingNewComes) {
  Bus bus;
  Client client = bus.client();
  ASSERT_TRUE(bus.round(client));
  const auto before = testing::open_fd_count();
  {
    Bus other({}, 4);  // its pool's frames, over the first host
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(bus.host.publish(other.acquire(), {.lifespan = 1ms}));
      ASSERT_TRUE(bus.next(client));
    }
  }
  EXPECT_TRUE(bus.until([&] { return client.try_frame() && testing::open_fd_count() == before; }))
      << testing::open_fd_count() << " descriptors, before: " << before
      << ", buffers: " << bus.host.stats().buffers;
}

TEST(BusMemoryTest, DoesNotReuseABufferThatIsLeased) {
  Bus bus;
  Client client = bus.client();
  bus.publish(1);
  Lease held = bus.next(client);
  ASSERT_TRUE(held);
  for (int i = 2; i < 100; ++i) bus.publish(static_cast<std::uint8_t>(i));
  EXPECT_EQ(first_byte(held), 1);
  EXPECT_TRUE(held.valid());
}

TEST(BusMemoryTest, GivesABufferBackWhenItsLeaseEnds) {
  Bus bus;
  Client client = bus.client();
  ASSERT_TRUE(bus.round(client));  // connected, and its buffer known
  const auto live = bus.host.stats().live;
  bus.publish(1, 1ns);
  Lease held = bus.next(client);
  ASSERT_TRUE(held);
  ASSERT_TRUE(bus.host.process());
  EXPECT_EQ(bus.host.stats().live, live + 1) << "expired, but held";
  held.release();
  EXPECT_TRUE(bus.until([&] { return bus.host.stats().live == live; }));
}

TEST(BusMemoryTest, TellsAReaderThatItsFrameWasTakenBack) {
  Bus bus({.hold_limit = 1ms});
  Client client = bus.client();
  bus.publish(1);
  Lease held = bus.next(client);
  ASSERT_TRUE(held);
  // Every buffer but the held one is written and kept: the pool is dry.
  std::vector<Frame> taken;
  ASSERT_TRUE(bus.until([&] {
    auto frame = bus.pool.acquire();
    if (frame) taken.push_back(std::move(*frame));
    return !held.valid();
  }));
  EXPECT_GE(bus.host.stats().taken_back, 1U);
}

TEST(BusMemoryTest, KeepsAReadersFrameWhileThePoolHasOthers) {
  Bus bus({.hold_limit = 0ns});
  Client client = bus.client();
  bus.publish(1);
  Lease held = bus.next(client);
  for (int i = 0; i < 200; ++i) bus.publish(2);
  EXPECT_TRUE(held.valid());
  EXPECT_EQ(bus.host.stats().taken_back, 0U);
}

TEST(BusMemoryTest, LimitsTheLeasesOfAClient) {
  Bus bus({.max_leases = 2}, 16);
  Client client = bus.client({.policy = Policy::in_order()});
  std::vector<Lease> held;
  for (int i = 0; i < 3; ++i) {
    bus.publish(0);
    held.push_back(bus.next(client));
    ASSERT_TRUE(held.back());
  }
  bus.publish(0);
  const auto refused = client.wait_frame(0s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::too_many_files_open);
  held.clear();
  EXPECT_EQ(bus.next(client).serial(), 4U);
}

TEST(BusMemoryTest, WithdrawnFramesComeBackAtOnce) {
  Bus bus;
  Client client = bus.client();
  bus.publish(5);
  Lease lease = bus.next(client);
  auto frame = bus.host.withdraw(lease.serial());
  ASSERT_TRUE(frame);
  EXPECT_FALSE(lease.valid());
  EXPECT_FALSE(bus.host.withdraw(99));
}

TEST(BusMemoryTest, RefusesAFrameWithoutMemoryAndGoesOn) {
  Bus bus;
  EXPECT_EQ(bus.host.publish(Frame()).error().code, std::errc::bad_file_descriptor);
  Client client = bus.client();
  EXPECT_TRUE(bus.round(client));
}

TEST(BusMemoryTest, AForkedChildCannotHarmItsParentsLeases) {
  Bus bus;
  Client client = bus.client();
  bus.publish(3);
  Lease lease = bus.next(client);
  EXPECT_EQ(testing::in_child([&] {
              if (client.wait_frame(0s).has_value()) return 2;
              if (bus.host.process().has_value()) return 3;
              lease.release();
              return 0;
            }),
            0);
  EXPECT_TRUE(lease.valid());
  for (int i = 0; i < 50; ++i) bus.publish(4);
  EXPECT_EQ(first_byte(lease), 3);
}

TEST(BusMemoryTest, TellsAClientHowManyFramesItMayHold) {
  Bus bus({}, 8);
  Client before = bus.client();
  EXPECT_EQ(before.stats().max_leases, 0U);
  ASSERT_TRUE(bus.round(before));
  EXPECT_EQ(before.stats().max_leases, 21U);
  Client after = bus.client();  // now the host knows how small its pool is
  ASSERT_TRUE(bus.round(after));
  EXPECT_EQ(after.stats().max_leases, 5U);
}

}  // namespace
}  // namespace vsl
