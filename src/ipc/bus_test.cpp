// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "base/clock.hpp"
#include "base/testing.hpp"
#include "ipc/testing.hpp"

namespace vsl {
namespace {

using namespace std::chrono_literals;
using ipc::test::Bus;
using ipc::test::fill;
using ipc::test::first_byte;

TEST(BusTest, DeliversAFrameWithItsPixelsAndItsDescription) {
  Bus bus;
  Client client = bus.client();
  Frame frame = bus.acquire();
  fill(frame, 42);
  frame.info().times.captured_ns = 7;
  frame.info().source_sequence = 9;
  frame.info().crop = {2, 4, 6, 8};
  frame.info().color.matrix = 1;
  frame.info().interlace = 2;
  frame.info().fields = 1;
  ASSERT_TRUE(frame.set_blob(std::as_bytes(std::span("blob").first(4))));
  const auto serial = bus.host.publish(std::move(frame));
  ASSERT_TRUE(serial) << serial.error().message();
  EXPECT_EQ(*serial, 1U);

  Lease lease = bus.next(client);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease.serial(), 1U);
  const FrameInfo info = lease.info();
  EXPECT_EQ(info.layout.fourcc, fourcc("NV12"));
  EXPECT_EQ(info.layout.width_px, 64U);
  EXPECT_EQ(info.layout.plane_count, 2U);
  EXPECT_EQ(info.times.captured_ns, 7);
  EXPECT_EQ(info.source_sequence, 9U);
  EXPECT_EQ(info.crop, (Rect{2, 4, 6, 8}));
  EXPECT_EQ(info.color.matrix, 1);
  EXPECT_EQ(info.interlace, 2);
  EXPECT_EQ(info.fields, 1);
  EXPECT_EQ(lease.blob(), "blob");
  EXPECT_EQ(first_byte(lease), 42);
  EXPECT_EQ(lease.plane(1).size(), 64U * 16);
  EXPECT_TRUE(lease.valid());
  EXPECT_EQ(client.stats().wire_version, 2U);
}

TEST(BusTest, RefusesACropThatIsNotInItsPicture) {
  Bus bus;
  for (const Rect crop : {Rect{60, 0, 8, 8}, Rect{0, 30, 8, 8}, Rect{-2, 0, 8, 8}, Rect{0, 0, 8, 0},
                          Rect{0, 0, -8, 8}, Rect{INT32_MAX, 0, INT32_MAX, 1}}) {
    Frame frame = bus.acquire();
    frame.info().crop = crop;
    const auto serial = bus.host.publish(std::move(frame));
    ASSERT_FALSE(serial) << crop.x;
    EXPECT_EQ(serial.error().code, std::errc::invalid_argument);
    frame.info().crop = {0, 0, 64, 32};
    EXPECT_TRUE(bus.host.publish(std::move(frame))) << "the frame is left as it was";
  }
}

TEST(BusTest, GivesTheNewestFrameToWhoJoinsLate) {
  Bus bus;
  for (int i = 0; i < 10; ++i) bus.publish(static_cast<std::uint8_t>(i));
  Client newest = bus.client();
  Client in_order = bus.client({.policy = Policy::in_order()});
  EXPECT_EQ(bus.next(newest).serial(), 10U);
  EXPECT_EQ(bus.next(in_order).serial(), 10U);
}

TEST(BusTest, DeliversInOrderWhatIsStillThere) {
  Bus bus;
  Client client = bus.client({.policy = Policy::in_order()});
  bus.publish(0);
  EXPECT_EQ(bus.next(client).serial(), 1U);
  for (int i = 0; i < 4; ++i) bus.publish(1);
  for (std::uint64_t serial = 2; serial <= 5; ++serial) {
    EXPECT_EQ(bus.next(client).serial(), serial);
  }
  EXPECT_EQ(client.stats().skipped, 0U);
}

TEST(BusTest, CountsWhatANewestOnlyReaderSkips) {
  Bus bus;
  Client client = bus.client();
  bus.publish(0);
  EXPECT_EQ(bus.next(client).serial(), 1U);
  for (int i = 0; i < 5; ++i) bus.publish(1);
  const Lease lease = bus.next(client);
  EXPECT_EQ(lease.serial(), 6U);
  EXPECT_EQ(lease.skipped(), 4U);
  EXPECT_EQ(client.stats().skipped, 4U);
}

TEST(BusTest, DeliversEveryKthFrameToWhoAsksForIt) {
  Bus bus;
  Client client = bus.client({.policy = Policy::every_kth(3)});
  std::vector<std::uint64_t> seen;
  for (int i = 0; i < 9; ++i) {
    bus.publish(0);
    for (int look = 0; look < 3; ++look) {  // the first time its buffers are asked for and sent
      ASSERT_TRUE(bus.host.process());
      auto frame = client.try_frame();
      ASSERT_TRUE(frame);
      if (*frame) seen.push_back((*frame)->serial());
    }
  }
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{3, 6, 9}));
}

TEST(BusTest, CancelEndsAWaitFromAnotherThread) {
  Bus bus;
  Client client = bus.client();
  bus.publish(1);
  ASSERT_TRUE(bus.next(client));
  std::thread canceller([&] { client.cancel(); });
  const auto frame = client.wait_frame(-1ns);
  canceller.join();
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, std::errc::operation_canceled);
}

TEST(BusTest, MakesItsDescriptorReadableForAFrame) {
  Bus bus;
  Client client = bus.client();
  const int fd = client.fd();
  for (std::uint64_t serial = 1; serial <= 100; ++serial) {
    bus.publish(1);
    for (std::uint64_t last = 0; last < serial;) {
      pollfd ready{fd, POLLIN, 0};
      ASSERT_GT(::poll(&ready, 1, 10'000), 0) << "for frame " << serial;
      ASSERT_TRUE(bus.host.process());  // the first time it has a buffer to send
      auto frame = client.try_frame();
      ASSERT_TRUE(frame);
      if (*frame) last = (*frame)->serial();
    }
    auto nothing = client.try_frame();
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(*nothing);
  }
}

TEST(BusTest, LeaksNothingOverManyClientsAndFrames) {
  const auto before = testing::open_fd_count();
  {
    Bus bus;
    for (int i = 0; i < 50; ++i) {
      Client client = bus.client();
      ASSERT_TRUE(bus.round(client));
    }
  }
  EXPECT_EQ(testing::open_fd_count(), before);
}

TEST(BusTest, WakesAWaitingClient) {
  Bus bus({.service_thread = true});
  Client client = bus.client();
  bus.publish(0);
  ASSERT_TRUE(bus.next(client));
  std::thread producer([&] {
    for (int i = 0; i < 200; ++i) {
      bus.publish(1);
      std::this_thread::yield();
    }
  });
  std::uint64_t last = 1;
  while (last < 201) {
    auto frame = client.wait_frame(10s);
    ASSERT_TRUE(frame);
    ASSERT_TRUE(*frame);
    last = (*frame)->serial();
  }
  producer.join();
}

TEST(BusTest, WaitsAgainOnTheSameConnectionAfterResume) {
  Bus bus;
  Client client = bus.client();
  ASSERT_TRUE(bus.round(client));
  client.cancel();
  const auto ended = client.wait_frame(0ns);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, std::errc::operation_canceled);
  client.resume();
  EXPECT_TRUE(bus.round(client));
  EXPECT_EQ(client.stats().reconnects, 0U);
}

}  // namespace
}  // namespace vsl
