// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/futex.hpp"
#include "tests/faults/faults.hpp"
#include "wire/v2_protocol.hpp"

/// What a client can have of a host at most, and what it can name.
namespace vsl::untrusted {
namespace {

using namespace std::chrono_literals;
using faults::Upgraded;
using ipc::test::Bus;
using ipc::test::must;
using wire::v2::MessageType;

constexpr std::size_t kBytes = 4096;

std::uint64_t publish_new_memory(Bus& bus, std::chrono::nanoseconds lifespan) {
  const Layout layout = Layout::opaque(fourcc("H264"), 64, 32, kBytes);
  Frame frame = must(Frame::allocate(layout, {.source = MemorySource::memfd}));
  return must(bus.host.publish(std::move(frame), {.lifespan = lifespan}));
}

/// All descriptors that wait in the client's queue.
std::size_t take_descriptors(faults::RawPeer& peer) {
  std::size_t count = 0;
  while (peer.receive()) count += peer.packet.fd_count;
  return count;
}

TEST(QuotasTest, AClientThatDoesNotReadHasSixteenDescriptorsUnderWay) {
  constexpr std::size_t kMemories = 40;
  Bus bus;
  Upgraded peer(bus);
  for (std::size_t i = 0; i < kMemories; ++i) {
    (void)publish_new_memory(bus, 1h);
    ASSERT_TRUE(bus.host.process());
  }
  std::size_t received = take_descriptors(peer.peer);
  EXPECT_EQ(received, 16U);
  EXPECT_TRUE(bus.until([&] {
    received += take_descriptors(peer.peer);
    return received == kMemories;
  })) << "who reads gets the others: "
      << received;
}

TEST(QuotasTest, WordsBeyondThoseGrantedHoldNothing) {
  Bus bus({.hold_limit = 1h, .max_leases = 2});
  Upgraded peer(bus);  // it asks for 64
  ASSERT_EQ(peer.ledger().lease_words, 3U);
  const std::uint64_t first = bus.publish(1), second = bus.publish(2);
  const std::uint64_t held = wire::v2::find(peer.board(), first);
  const std::uint64_t claimed = wire::v2::find(peer.board(), second);
  peer.ledger().lease[2].store(held, std::memory_order_seq_cst);
  for (std::uint32_t i = 3; i < wire::v2::kMaxLeaseWords; ++i) {
    peer.ledger().lease[i].store(claimed, std::memory_order_seq_cst);
  }
  // The pool asks for its buffers until all are out but the one that is held.
  std::vector<Frame> taken;
  while (auto frame = bus.pool.acquire()) taken.push_back(std::move(*frame));
  EXPECT_EQ(taken.size(), 7U);
  EXPECT_TRUE(wire::v2::stands(peer.board(), held));
  EXPECT_FALSE(wire::v2::stands(peer.board(), claimed));
}

bool sleeps(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  return name_end != std::string::npos && text.compare(name_end + 2, 1, "S") == 0;
}

TEST(QuotasTest, WakesNoMoreThreadsThanAClientCanHonestlyHave) {
  constexpr int kThreads = 40, kHonest = 2 * 1 + 4;
  Bus bus;
  Upgraded peer(bus);
  const Mapping memory = must(Mapping::map(peer.fds[1].get(), sizeof(wire::v2::Chime), {}));
  const auto& word = memory.as<const wire::v2::Chime>()->word;
  const std::uint32_t value = word.load(std::memory_order_acquire);
  std::array<std::atomic<pid_t>, kThreads> ids{};
  std::vector<std::jthread> herd;
  for (auto& id : ids) {
    herd.emplace_back([&] {
      id.store(static_cast<pid_t>(::syscall(SYS_gettid)), std::memory_order_release);
      (void)futex_wait_until(word, value, INT64_MAX);
    });
  }
  ASSERT_TRUE(bus.until([&] {
    return std::all_of(ids.begin(), ids.end(), [](const auto& id) {
      const pid_t thread = id.load(std::memory_order_acquire);
      return thread != 0 && sleeps(thread);
    });
  }));
  bus.publish(1);
  EXPECT_EQ(futex_wake(word, INT32_MAX), kThreads - kHonest) << "still asleep after a frame";
}

void fill_and_let_block(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  for (const std::uint64_t value : {UINT64_MAX - 1, std::uint64_t{1}}) {
    while (::write(fd, &value, sizeof value) > 0) {
    }
  }
  ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

// Flags of an open file are common to all who share it.
TEST(QuotasTest, NothingThatAClientIsSentCanMakeTheHostsWritesBlock) {
  Bus bus;
  bus.publish(1);
  Upgraded peer(bus);  // of our own user
  ASSERT_TRUE(bus.until([&] { return peer.peer.receive() == MessageType::buffers; }));
  for (std::size_t i = 0; i < peer.peer.packet.fd_count; ++i) {
    peer.fds.push_back(std::move(peer.peer.packet.fds[i]));
  }
  ASSERT_GE(peer.fds.size(), 4U);
  ASSERT_EQ(peer.peer.say(MessageType::bell), ipc::Transfer::done);
  ASSERT_TRUE(bus.host.process());
  for (const UniqueFd& fd : peer.fds) {
    struct stat status {};
    ASSERT_EQ(::fstat(fd.get(), &status), 0);
    EXPECT_TRUE(S_ISREG(status.st_mode)) << "something else than memory";
    fill_and_let_block(fd.get());
  }
  ::fcntl(peer.peer.fd(), F_SETFL, 0);  // its queue fills with what it does not read
  for (std::uint32_t arm = 1; arm < 100; ++arm) {
    peer.ledger().armed.store(arm, std::memory_order_seq_cst);
    bus.publish(2);  // waits for ever on what was filled
  }
}

TEST(QuotasTest, WantBringsNothingButBuffersOfThisHost) {
  Bus bus, other;
  const std::uint64_t elsewhere = other.publish(1);
  ASSERT_EQ(elsewhere, 1U);
  Upgraded peer(bus);
  ASSERT_TRUE(bus.until([&] { return ipc::unread_bytes(peer.peer.fd()) == 0; }));
  // The first ids of the first tables: the other host's buffers are among them.
  for (std::uint64_t id = 0; id < 200; ++id) {
    const std::uint64_t table = id % 4, index = id / 4;
    ASSERT_EQ(peer.peer.say(MessageType::want, table * wire::v2::kBufferCount + index),
              ipc::Transfer::done);
  }
  ASSERT_TRUE(bus.until([&] { return ipc::unread_bytes(peer.peer.fd()) == 0; }));
  EXPECT_EQ(take_descriptors(peer.peer), 0U);
}

TEST(QuotasTest, AClientCannotGiveBackWhatAnotherHolds) {
  Bus bus({.hold_limit = 1h});
  Client reader = bus.client();
  Upgraded peer(bus);
  Lease lease;
  // It is to be retired while it is held, and may be so before its reader looks.
  ASSERT_TRUE(bus.until([&] {
    (void)publish_new_memory(bus, 1ms);
    if (auto frame = must(reader.try_frame())) lease = std::move(*frame);
    return static_cast<bool>(lease);
  }));
  const std::uint64_t word = wire::v2::find(peer.board(), lease.serial());
  ASSERT_NE(word, 0U);
  const auto& slot = peer.board().slots[wire::v2::slot_of(word)];
  const std::uint64_t retired = wire::v2::retired_state(lease.serial());
  ASSERT_TRUE(bus.until([&] { return slot.state.load(std::memory_order_seq_cst) == retired; }));
  peer.ledger().lease[0].store(word, std::memory_order_seq_cst);
  peer.ledger().lease[0].store(0, std::memory_order_seq_cst);
  (void)peer.peer.say(MessageType::released, word);
  ASSERT_TRUE(bus.until([&] { return ipc::unread_bytes(peer.peer.fd()) == 0; }));
  ASSERT_TRUE(bus.host.process());
  EXPECT_TRUE(lease.valid());
  EXPECT_GE(bus.host.stats().live, 1U);
  lease.release();
  EXPECT_TRUE(bus.until([&] { return bus.host.stats().live == 0; }));
}

}  // namespace
}  // namespace vsl::untrusted
