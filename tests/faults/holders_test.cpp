// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include <random>

#include "faults.hpp"

/// Clients that keep frames: by dying, by stopping, by greed, by lies.
namespace vsl {
namespace {

using namespace std::chrono_literals;
using faults::Process;
using faults::RawPeer;
using faults::Upgraded;
using ipc::test::Bus;

constexpr std::uint32_t kBuffers = 8;
const HostOptions kNeverTaken{.hold_limit = std::chrono::hours(1)};

/// Leases every frame it is given until it has `count`, tells so, and keeps them.
int hold(const std::string& path, const faults::Line& line, std::size_t count) {
  auto client = Client::connect(path, {.policy = Policy::in_order()});
  if (!client) return 2;
  std::vector<Lease> held;
  line.tell(0);
  while (held.size() < count) {
    auto frame = client->wait_frame(10s);
    if (!frame || !*frame) return 3;
    held.push_back(std::move(**frame));
    line.tell(held.size());
  }
  (void)line.wait();  // the test goes on while we hold, are stopped, or killed
  std::uint64_t taken_back = 0;
  for (const Lease& lease : held) taken_back += lease.valid() ? 0 : 1;
  line.tell(1000 + taken_back);
  (void)line.wait();
  return 0;
}

bool hears(Bus& bus, const Process& process, std::uint64_t value) {
  return bus.until([&] { return process.line().heard() == value; });
}

/// Publishes one by one, so that the holder gets each of them.
void fill_hands(Bus& bus, const Process& holder, std::uint64_t count) {
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 1; }));
  for (std::uint64_t i = 1; i <= count; ++i) {
    bus.publish(static_cast<std::uint8_t>(i));
    ASSERT_TRUE(hears(bus, holder, i));
  }
}

/// All buffers that can be had at once.
std::size_t free_buffers(Bus& bus) {
  std::vector<Frame> taken;
  for (std::uint32_t i = 0; i < kBuffers; ++i) {
    if (auto frame = bus.pool.acquire()) taken.push_back(std::move(*frame));
  }
  return taken.size();
}

TEST(HoldersTest, GetsEverythingBackFromAKilledClient) {
  Bus bus(kNeverTaken, kBuffers);
  Process holder([&](const faults::Line& line) { return hold(bus.path(), line, 5); });
  ASSERT_TRUE(hears(bus, holder, 0));
  fill_hands(bus, holder, 5);
  EXPECT_EQ(free_buffers(bus), kBuffers - 5);
  (void)holder.end(SIGKILL);
  EXPECT_TRUE(bus.until([&] { return free_buffers(bus) == kBuffers; }));
  EXPECT_EQ(bus.host.stats().taken_back, 0U);
  EXPECT_EQ(bus.host.stats().v2_clients, 0U);
}

TEST(HoldersTest, GetsTheLocksOfAVersion1ClientBackWhenItLeaves) {
  Bus bus(kNeverTaken, kBuffers);
  std::optional<RawPeer> holder(std::in_place, bus.path());
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v1_clients == 1; }));
  for (std::uint8_t i = 1; i <= 5; ++i) {
    bus.publish(i);
    const wire::v1::Control lock{static_cast<std::uint32_t>(wire::v1::Request::try_lock), 0, i};
    ASSERT_EQ(holder->send(&lock, sizeof lock), ipc::Transfer::done);
    const auto answered = [&] {
      if (ipc::receive_packet(holder->fd(), holder->packet) != ipc::Transfer::done) return false;
      return wire::v1::parse_event(holder->packet.bytes()).serial == 0;
    };
    ASSERT_TRUE(bus.until(answered));
    ASSERT_EQ(wire::v1::parse_event(holder->packet.bytes()).error, 0U);
  }
  EXPECT_EQ(free_buffers(bus), kBuffers - 5);
  holder.reset();
  EXPECT_TRUE(bus.until([&] { return free_buffers(bus) == kBuffers; }));
  EXPECT_EQ(bus.host.stats().taken_back, 0U);
}

TEST(HoldersTest, AStoppedClientThatHoldsEverythingDoesNotStopTheProducerAndIsTold) {
  Bus bus({.hold_limit = 1ms}, kBuffers);
  Process holder([&](const faults::Line& line) { return hold(bus.path(), line, kBuffers); });
  ASSERT_TRUE(hears(bus, holder, 0));
  fill_hands(bus, holder, kBuffers);
  holder.stop();
  for (int posted = 0; posted < 100;) {
    auto frame = bus.pool.acquire();
    if (!frame) continue;
    ASSERT_TRUE(bus.host.publish(std::move(*frame)));
    ++posted;
  }
  const std::uint64_t taken_back = bus.host.stats().taken_back;
  EXPECT_GT(taken_back, 0U);
  holder.signal(SIGCONT);
  holder.line().tell(1);
  EXPECT_TRUE(hears(bus, holder, 1000 + taken_back)) << "taken back untold, or told without reason";
  holder.line().tell(1);
  EXPECT_EQ(holder.end(), 0);
}

TEST(HoldersTest, AGreedyClientLeavesTheProducerThreeBuffers) {
  Bus bus(kNeverTaken, kBuffers);
  bus.publish(0);  // the host has met its pool
  Client greedy = bus.client({.policy = Policy::in_order()});
  std::vector<Lease> held;
  const auto grab = [&] {
    auto frame = greedy.try_frame();
    if (frame && *frame) held.push_back(std::move(**frame));
    bus.publish(1);  // aborts when no buffer can be had
  };
  ASSERT_TRUE(bus.until([&] {
    grab();
    return held.size() == kBuffers - 3;
  }));
  for (int i = 0; i < 200; ++i) grab();
  EXPECT_EQ(held.size(), kBuffers - 3);
  for (const Lease& lease : held) EXPECT_TRUE(lease.valid());
}

TEST(HoldersTest, RandomWordsInALedgerHarmNobodyElse) {
  Bus bus(kNeverTaken, kBuffers);
  Upgraded liar(bus);
  Client honest = bus.client();
  std::mt19937_64 random(7);  // any seed will do
  for (int i = 0; i < 500; ++i) {
    auto* words = reinterpret_cast<std::uint64_t*>(liar.ledger_memory.data());
    for (std::size_t w = 0; w < sizeof(wire::v2::Ledger) / 8; ++w) words[w] = random();
    ASSERT_TRUE(bus.round(honest)) << "frame " << i;
  }
  EXPECT_EQ(bus.host.stats().v2_clients, 2U);
}

TEST(HoldersTest, ALedgerThatClaimsEveryFrameOnlyDelaysThem) {
  Bus bus({.hold_limit = 1ms}, kBuffers);
  Upgraded liar(bus);
  Client honest = bus.client();
  std::uint64_t delivered = 0;
  ASSERT_TRUE(bus.until([&] {
    for (std::uint32_t i = 0; i < wire::v2::kMaxLeaseWords; ++i) {
      const auto word = liar.board().ring[i].load(std::memory_order_acquire);
      liar.ledger().lease[i].store(word, std::memory_order_seq_cst);
    }
    auto frame = bus.pool.acquire();
    if (frame) (void)bus.host.publish(std::move(*frame)).has_value();
    auto lease = honest.try_frame();
    if (lease && *lease) ++delivered;
    return delivered >= 50;
  }));
  EXPECT_GT(bus.host.stats().taken_back, 0U);
}

TEST(HoldersTest, ALedgerFullOfHolesIsReadAsEmpty) {
  Bus bus(kNeverTaken, kBuffers);
  Upgraded liar(bus);
  Client honest = bus.client();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(::madvise(liar.ledger_memory.data(), liar.ledger_memory.size(), MADV_REMOVE), 0);
    ASSERT_TRUE(bus.round(honest));
  }
}

TEST(HoldersTest, NoticesADeadProcessWhoseChildKeepsTheSocket) {
  Bus bus(kNeverTaken, kBuffers);
  for (const bool with_handlers : {true, false}) {
    Process client([&](const faults::Line& line) {
      auto connected = Client::connect(bus.path());
      if (!connected) return 2;
      auto frame = connected->wait_frame(10s);
      if (!frame || !*frame) return 3;
      line.tell(1);
      // Without the C library's fork handlers the child keeps a copy of every descriptor.
      const long child = with_handlers ? ::fork() : ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
      if (child == 0) {
        (void)line.wait();  // for ever: ended by the end of the test
        ::_exit(0);
      }
      ::_exit(0);  // without a destructor: the lease is not given back
    });
    bus.publish(1);
    ASSERT_TRUE(bus.until([&] { return client.ended(); }));
    EXPECT_EQ(client.line().heard(), 1U) << "it got its frame";
    EXPECT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 0; })) << with_handlers;
    EXPECT_TRUE(bus.until([&] { return free_buffers(bus) == kBuffers; })) << with_handlers;
  }
}

TEST(HoldersTest, TheNewerPostOfAttachedMemoryRetiresTheOlderFrame) {
  Bus bus;
  Client client = bus.client({.policy = Policy::in_order()});
  const auto memory = ipc::test::must(
      Buffer::allocate(4096, {.source = MemorySource::memfd, .access = Access::read_write}));
  const Layout layout = Layout::opaque(fourcc("H264"), 64, 32, 4096);
  const auto post = [&] {
    const auto same = ipc::test::must(Buffer::attach(memory->fd()));
    return ipc::test::must(
        bus.host.publish(ipc::test::must(Frame::wrap({.layout = layout}, {&same, 1}))));
  };
  post();
  ASSERT_EQ(bus.next(client).serial(), 1U);
  post();
  post();
  EXPECT_EQ(bus.next(client).serial(), 3U) << "frame 2 was overwritten by the producer";
  EXPECT_EQ(client.stats().gone, 1U);
  EXPECT_EQ(bus.host.stats().buffers, 1U);
}

}  // namespace
}  // namespace vsl
