// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "faults.hpp"
#include "tests/untrusted/untouchable.hpp"

/// What a client can do to the memory it is given, and what is left of memory that came and went.
namespace vsl {
namespace {

using namespace std::chrono_literals;
using faults::Upgraded;
using ipc::test::Bus;
using ipc::test::must;
using wire::v2::MessageType;

constexpr off_t kPage = 4096;

void expect_untouchable_however_opened(int fd, const char* what) {
  SCOPED_TRACE(what);
  untrusted::expect_untouchable(fd);
  const UniqueFd again = testing::reopen_writable(fd);
  if (again) untrusted::expect_untouchable(again.get());  // not for other users, by its mode
}

TEST(MemoryTest, AClientCanChangeNothingThatItIsGivenToRead) {
  Bus bus;
  bus.publish(1);
  Upgraded peer(bus);
  ASSERT_TRUE(bus.until([&] { return peer.peer.receive() == MessageType::buffers; }));
  expect_untouchable_however_opened(peer.fds[0].get(), "board");
  expect_untouchable_however_opened(peer.fds[1].get(), "chime");
  ASSERT_GT(peer.peer.packet.fd_count, 0U);
  expect_untouchable_however_opened(peer.peer.packet.fds[0].get(), "buffer");
}

TEST(MemoryTest, AClientCannotTakeItsLedgerFromUnderTheHost) {
  Bus bus;
  Upgraded peer(bus);
  const int ledger = peer.fds[2].get();
  EXPECT_NE(::ftruncate(ledger, 0), 0);
  EXPECT_NE(::ftruncate(ledger, 1 << 20), 0);
  EXPECT_NE(::fcntl(ledger, F_ADD_SEALS, F_SEAL_WRITE), 0);
}

TEST(MemoryTest, ProducersWithNewMemoryForEveryFrameLeaveNothingBehind) {
  Bus bus;
  Client client = bus.client({.policy = Policy::in_order()});
  const Layout layout = Layout::opaque(fourcc("H264"), 64, 32, kPage);
  std::ptrdiff_t settled = 0;
  for (int i = 1; i <= 1000; ++i) {
    Frame frame = must(Frame::allocate(layout, {.source = MemorySource::memfd}));
    const std::uint64_t serial = must(bus.host.publish(std::move(frame), {.lifespan = 1ns}));
    ASSERT_TRUE(bus.until([&] {
      (void)client.try_frame().has_value();
      return bus.host.stats().live == 0;
    })) << serial;
    if (i == 200) settled = testing::open_fd_count();
  }
  // Host and client are both in this process. One buffer more or less may be on its way.
  EXPECT_LE(testing::open_fd_count(), settled + 2);
  EXPECT_EQ(bus.host.stats().buffers, 0U);
}

TEST(MemoryTest, AFrameThatFindsNoPlaceStaysItsCallers) {
  Bus bus;
  const Layout layout = Layout::opaque(fourcc("H264"), 64, 32, kPage);
  const auto publish = [&](Frame& frame) { return bus.host.publish(std::move(frame)); };
  for (std::uint32_t i = 0; i < wire::v2::kBufferCount; ++i) {
    Frame frame = must(Frame::allocate(layout, {.source = MemorySource::memfd}));
    ASSERT_TRUE(publish(frame)) << i;
  }
  Frame one_more = must(Frame::allocate(layout, {.source = MemorySource::memfd}));
  one_more.plane(0)[0] = std::byte{9};
  const auto refused = publish(one_more);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::no_buffer_space);
  ASSERT_TRUE(one_more);
  EXPECT_EQ(one_more.plane(0)[0], std::byte{9});
  ASSERT_TRUE(bus.host.withdraw(1));
  EXPECT_TRUE(publish(one_more)) << "there is room again";
}

}  // namespace
}  // namespace vsl
