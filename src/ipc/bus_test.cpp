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
  EXPECT_EQ(lease.blob(), "blob");
  EXPECT_EQ(first_byte(lease), 42);
  EXPECT_EQ(lease.plane(1).size(), 64U * 16);
  EXPECT_TRUE(lease.valid());
  EXPECT_EQ(client.stats().wire_version, 2U);
}

TEST(BusTest, PassesEachBufferOnce) {
  Bus bus;
  Client client = bus.client();
  for (int i = 0; i < 8; ++i) bus.round(client);
  const auto before = client.stats().fds_received;
  const auto sent = bus.host.stats().fds_sent;
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(bus.round(client));
  EXPECT_EQ(client.stats().fds_received, before);
  EXPECT_EQ(bus.host.stats().fds_sent, sent);
}

TEST(BusTest, MapsEachBufferOnce) {
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

TEST(BusTest, DoesNotReuseABufferThatIsLeased) {
  Bus bus;
  Client client = bus.client();
  bus.publish(1);
  Lease held = bus.next(client);
  ASSERT_TRUE(held);
  for (int i = 2; i < 100; ++i) bus.publish(static_cast<std::uint8_t>(i));
  EXPECT_EQ(first_byte(held), 1);
  EXPECT_TRUE(held.valid());
}

TEST(BusTest, GivesABufferBackWhenItsLeaseEnds) {
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

TEST(BusTest, TellsAReaderThatItsFrameWasTakenBack) {
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

TEST(BusTest, KeepsAReadersFrameWhileThePoolHasOthers) {
  Bus bus({.hold_limit = 0ns});
  Client client = bus.client();
  bus.publish(1);
  Lease held = bus.next(client);
  for (int i = 0; i < 200; ++i) bus.publish(2);
  EXPECT_TRUE(held.valid());
  EXPECT_EQ(bus.host.stats().taken_back, 0U);
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

TEST(BusTest, LimitsTheLeasesOfAClient) {
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

TEST(BusTest, FindsTheHostAgainAfterARestart) {
  Bus bus;
  Client client = bus.client();
  bus.publish(1);
  Lease old = bus.next(client);
  const auto epoch = client.stats().epoch;
  bus.restart();
  EXPECT_FALSE(old.valid());
  EXPECT_EQ(first_byte(old), 1) << "what was leased stays readable";
  bus.publish(2);
  Lease fresh = bus.next(client);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh.serial(), 1U);
  EXPECT_EQ(first_byte(fresh), 2);
  EXPECT_NE(client.stats().epoch, epoch);
}

TEST(BusTest, EndsWhenTheHostEndsAndReconnectIsOff) {
  Bus bus;
  Client client = bus.client({.reconnect = false});
  bus.publish(1);
  ASSERT_TRUE(bus.next(client));
  bus.host.close();
  const auto ended = client.wait_frame(10s);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, std::errc::connection_reset);
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

TEST(BusTest, WithdrawnFramesComeBackAtOnce) {
  Bus bus;
  Client client = bus.client();
  bus.publish(5);
  Lease lease = bus.next(client);
  auto frame = bus.host.withdraw(lease.serial());
  ASSERT_TRUE(frame);
  EXPECT_FALSE(lease.valid());
  EXPECT_FALSE(bus.host.withdraw(99));
}

TEST(BusTest, RefusesAFrameWithoutMemoryAndGoesOn) {
  Bus bus;
  EXPECT_EQ(bus.host.publish(Frame()).error().code, std::errc::bad_file_descriptor);
  Client client = bus.client();
  EXPECT_TRUE(bus.round(client));
}

TEST(BusTest, LeavesALiveHostAndAForeignFileAlone) {
  Bus bus;
  const auto second = Host::listen(bus.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, std::errc::address_in_use);
  const std::string file = bus.path() + ".txt";
  ASSERT_EQ(::close(::creat(file.c_str(), 0600)), 0);
  const auto third = Host::listen(file);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, std::errc::file_exists);
  EXPECT_EQ(::access(file.c_str(), F_OK), 0);
  ::unlink(file.c_str());
  Client client = bus.client();
  EXPECT_TRUE(bus.round(client));
}

TEST(BusTest, ReplacesAStaleSocket) {
  const std::string path = ipc::test::socket_path();
  ASSERT_EQ(testing::in_child([&] {
              const auto host = Host::listen(path);
              ::_exit(host ? 0 : 1);  // without a destructor: the file stays
              return 0;
            }),
            0);
  ASSERT_EQ(::access(path.c_str(), F_OK), 0);
  {
    const auto host = Host::listen(path);
    EXPECT_TRUE(host) << host.error().message();
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST(BusTest, ServesAbstractNames) {
  const std::string name = "vsl-test-" + std::to_string(::getpid());
  auto host = Host::listen(name);
  ASSERT_TRUE(host);
  auto client = Client::connect(name);
  ASSERT_TRUE(client);
  EXPECT_NE(::access(name.c_str(), F_OK), 0);
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

TEST(BusTest, AForkedChildCannotHarmItsParentsLeases) {
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

TEST(BusTest, TellsAHostThatClosedFromOneThatWasLost) {
  Bus bus;
  Client client = bus.client({.reconnect = false});
  ASSERT_TRUE(bus.round(client));
  EXPECT_FALSE(client.host_closed());
  bus.host.close();
  EXPECT_FALSE(client.wait_frame(10s));
  EXPECT_TRUE(client.host_closed());
}

TEST(BusTest, ListsItsClients) {
  Bus bus;
  EXPECT_TRUE(bus.host.clients().empty());
  Client first = bus.client({.name = "first"});
  ASSERT_TRUE(bus.round(first));
  {
    Client second = bus.client({.name = "second"});
    ASSERT_TRUE(bus.round(second));
    const auto both = bus.host.clients();
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[0].name, "first");
    EXPECT_EQ(both[1].name, "second");
    EXPECT_EQ(both[1].pid, ::getpid());
    EXPECT_EQ(both[1].wire_version, 2U);
    EXPECT_NE(both[0].id, both[1].id);
  }
  EXPECT_TRUE(bus.until([&] { return bus.host.clients().size() == 1; }));
}

TEST(BusTest, TellsAClientHowManyFramesItMayHold) {
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
