// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include "tests/faults/faults.hpp"
#include "wire/v2_protocol.hpp"

/// What readers may hold of a pool together, and who loses frames when they hold more.
namespace vsl::untrusted {
namespace {

using namespace std::chrono_literals;
using faults::RawPeer;
using faults::Upgraded;
using ipc::test::Bus;
using ipc::test::must;

constexpr std::size_t kBuffers = 8, kForReaders = kBuffers - 3;
constexpr int kFrames = 100;

HostOptions patient() {
  HostOptions options;
  options.hold_limit = 1h;  // nothing is taken back for having been held long
  options.socket_mode = 0666;
  return options;
}

/// Holds every frame it is shown, in as many words as it was granted.
class Holder {
 public:
  explicit Holder(Bus& bus) : peer_(bus) {}
  void hold_newest() {
    const auto& board = peer_.board();
    const std::uint64_t word = wire::v2::find(board, board.newest.load(std::memory_order_seq_cst));
    auto& ledger = peer_.ledger();
    for (std::uint32_t i = 0; i < ledger.lease_words; ++i) {
      const std::uint64_t held = ledger.lease[i].load(std::memory_order_seq_cst);
      if (held == word) return;
      if (held != 0 && wire::v2::stands(board, held)) continue;
      return ledger.lease[i].store(word, std::memory_order_seq_cst);
    }
  }
  std::size_t holds() {
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < peer_.ledger().lease_words; ++i) {
      const std::uint64_t held = peer_.ledger().lease[i].load(std::memory_order_seq_cst);
      if (held != 0 && wire::v2::stands(peer_.board(), held)) ++count;
    }
    return count;
  }

 private:
  Upgraded peer_;
};

/// What a body connects belongs to another user, as far as the host can see.
template <class Body>
auto as_another_user(uid_t uid, Body body) {
  if (::seteuid(uid) != 0) std::abort();
  auto made = body();
  if (::seteuid(0) != 0) std::abort();
  return made;
}

bool publishes(Bus& bus) {
  auto frame = bus.pool.acquire();
  return frame && bus.host.publish(std::move(*frame)).has_value();
}

// Two users' worth of connections were enough for the whole pool.
TEST(SharesTest, TwoConnectionsOfAUserLeaveTheProducerThreeBuffers) {
  Bus bus(patient(), kBuffers);
  bus.publish(1);
  Holder first(bus), second(bus);
  for (int i = 0; i < kFrames; ++i) {
    // In turns: together they see, and take, every frame.
    (i % 2 == 0 ? first : second).hold_newest();
    ASSERT_TRUE(publishes(bus)) << "frame " << i;
  }
  EXPECT_GT(bus.host.stats().taken_back, 0U);
  EXPECT_EQ(bus.pool.stats().starved, 0U);
}

TEST(SharesTest, WhoHoldsNoMoreThanWasGrantedIsNotDisturbed) {
  Bus bus(patient(), kBuffers);
  bus.publish(1);
  Holder reader(bus);
  for (int i = 0; i < kFrames; ++i) {
    reader.hold_newest();
    ASSERT_TRUE(publishes(bus)) << "frame " << i;
  }
  EXPECT_EQ(reader.holds(), kForReaders);
  EXPECT_EQ(bus.host.stats().taken_back, 0U);
}

TEST(SharesTest, WhoKeepsToItsShareLosesNothingToWhoDoesNot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to look like another user";
  Bus bus(patient(), kBuffers);
  bus.publish(1);
  Client honest = bus.client();
  Lease first = bus.next(honest);
  ASSERT_TRUE(first);
  auto greedy = as_another_user(65534, [&] {
    return std::pair{std::make_unique<Holder>(bus), std::make_unique<Holder>(bus)};
  });
  for (int i = 0; i < kFrames; ++i) {
    (i % 2 == 0 ? greedy.first : greedy.second)->hold_newest();
    ASSERT_TRUE(publishes(bus)) << "frame " << i;
    const Lease lease = bus.next(honest);
    ASSERT_TRUE(lease);
    ASSERT_TRUE(first.valid());
  }
  EXPECT_GT(bus.host.stats().taken_back, 0U);
}

TEST(SharesTest, LocksOfVersion1CountAgainstThePoolToo) {
  Bus bus(patient(), kBuffers);
  const RawPeer client(bus.path());
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v1_clients == 1; }));
  std::size_t granted = 0;
  ipc::Packet packet;
  for (int i = 0; i < kFrames; ++i) {
    ASSERT_TRUE(publishes(bus)) << "frame " << i;
    const wire::v1::Control lock{static_cast<std::uint32_t>(wire::v1::Request::try_lock), 0, i + 1};
    ASSERT_EQ(client.send(&lock, sizeof lock), ipc::Transfer::done);
    ASSERT_TRUE(bus.host.process());
    while (ipc::receive_packet(client.fd(), packet) == ipc::Transfer::done) {
      const wire::v1::Event event = wire::v1::parse_event(packet.bytes());
      if (event.serial == 0 && event.error == 0) ++granted;
    }
  }
  EXPECT_EQ(granted, kForReaders);
  EXPECT_EQ(bus.host.stats().v1_clients, 1U) << "it held what it may";
}

}  // namespace
}  // namespace vsl::untrusted
