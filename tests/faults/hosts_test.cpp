// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "base/testing.hpp"
#include "base/testing_blockers.hpp"
#include "raw_host.hpp"
#include "wire/v1.hpp"

/// Hosts that break the protocol, and what their clients make of it.
namespace vsl {
namespace {

using namespace std::chrono_literals;
using faults::RawHost;
using ipc::test::must;
using wire::v2::bytes_of;
using wire::v2::MessageType;

constexpr std::uint64_t kBuffer = wire::v2::kBufferCount;

struct HostsTest : ::testing::Test {
  Client connect(ClientOptions options = {}) {
    Client client = must(Client::connect(host.name, options));
    host.accept();
    return client;
  }
  void welcome(const std::array<int, 3>& fds) { (void)host.send(bytes_of(host.welcome()), fds); }
  void welcome() { welcome(host.welcome_fds()); }
  void refuse(std::uint32_t errnum, std::uint32_t retry_ms) {
    const wire::v2::Refused refused{static_cast<std::uint32_t>(MessageType::refused),
                                    sizeof refused, errnum, retry_ms};
    (void)host.send(bytes_of(refused));
  }
  /// BUFFERS with this memory for the buffer.
  void send_buffer(int fd, std::uint64_t bytes, std::uint64_t id = kBuffer) {
    wire::v2::Buffers message{};
    message.type = static_cast<std::uint32_t>(MessageType::buffers);
    message.count = 1;
    message.bytes = offsetof(wire::v2::Buffers, records) + sizeof(wire::v2::BufferRecord);
    message.records[0] = {id, bytes, 1, 0};
    host.board().buffers[id % wire::v2::kBufferCount].id.store(id, std::memory_order_release);
    ASSERT_EQ(host.send(bytes_of(message).first(message.bytes), {&fd, 1}), ipc::Transfer::done);
  }
  void post(const wire::v2::Description& description) {
    const std::uint64_t serial = host.board().newest.load(std::memory_order_relaxed) + 1;
    wire::v2::post(host.board(), 0, serial, description, {});
  }

  /// Lets the client run until it has connected again; false when it gave up.
  bool comes_again(Client& client) {
    while (!host.socket) {
      const auto frame = client.wait_frame(5ms);
      if (!frame) {
        ADD_FAILURE() << frame.error().message();
        return false;
      }
      host.accept();
    }
    return true;
  }

  RawHost host{ipc::test::socket_path()};
};

TEST_F(HostsTest, ARefusalWithoutAReasonIsAnErrorAllTheSame) {
  Client client = connect();
  refuse(0, 0);
  const auto frame = client.wait_frame(10s);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, std::errc::operation_not_permitted);
}

TEST_F(HostsTest, OneThatEndsWhileWeJoinIsWaitedForAgain) {
  Client client = connect({.policy = Policy::in_order(), .reconnect = true});
  for (int life = 0; life < 5; ++life) {
    std::array<char, 512> hello{};  // unread it would end the connection before the welcome
    ASSERT_GT(::recv(host.socket.get(), hello.data(), hello.size(), 0), 0);
    welcome();
    host.socket.reset();  // before the client has answered
    ASSERT_TRUE(comes_again(client)) << "life " << life;
  }
  welcome();
  host.send_buffer(kBuffer);
  post(RawHost::picture(kBuffer));
  const auto frame = client.wait_frame(60s);
  ASSERT_TRUE(frame && *frame);
}

TEST_F(HostsTest, AFrameOfAnAbsurdTimeIsDelivered) {
  Client client = connect();
  welcome();
  host.send_buffer(kBuffer);
  auto picture = RawHost::picture(kBuffer);
  picture.published_ns = INT64_MIN;  // the age of such a frame is no number
  post(picture);
  const auto frame = client.wait_frame(10s);
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->published_ns(), INT64_MIN);
}

UniqueFd memfd(std::size_t bytes, int seals, unsigned flags = 0) {
  UniqueFd fd(::memfd_create("theirs", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags));
  if (!fd) return fd;
  EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(bytes)), 0);
  EXPECT_EQ(::fcntl(fd.get(), F_ADD_SEALS, seals), 0);
  return fd;
}
constexpr int kFixedSize = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr int kFutureWrite = 0x10;  // F_SEAL_FUTURE_WRITE, Linux 5.1

TEST_F(HostsTest, ABoardOrChimeThatCouldBePunchedIsRefused) {
  for (const std::size_t which : {0, 1}) {
    Client client = connect();
    const std::size_t bytes = which == 0 ? sizeof(wire::v2::Board) : sizeof(wire::v2::Chime);
    const UniqueFd fd = memfd(bytes, kFixedSize);
    const auto& right = which == 0 ? host.board_memory : host.chime_memory;
    ASSERT_EQ(::pwrite(fd.get(), right.mapping.data(), bytes, 0), static_cast<ssize_t>(bytes));
    auto fds = host.welcome_fds();
    fds[which] = fd.get();
    welcome(fds);
    const auto frame = client.wait_frame(10s);
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, std::errc::protocol_error) << frame.error().where;
  }
}

TEST_F(HostsTest, BoardChimeAndLedgerOfHugePagesAreRefused) {
  const UniqueFd fd = memfd(4 << 20, kFixedSize | kFutureWrite, MFD_HUGETLB);
  if (!fd) GTEST_SKIP() << "this kernel has no huge pages";
  for (const std::size_t which : {0, 1, 2}) {
    Client client = connect();
    auto fds = host.welcome_fds();
    fds[which] = fd.get();
    welcome(fds);
    const auto frame = client.wait_frame(10s);
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, std::errc::protocol_error) << frame.error().where;
  }
}

TEST_F(HostsTest, ASparseBufferIsFilledInAsFarAsItsFramesReach) {
  constexpr std::size_t kHuge = 64 << 20;
  const UniqueFd fd = memfd(kHuge, kFixedSize | kFutureWrite);
  Client client = connect();
  welcome();
  send_buffer(fd.get(), kHuge);
  post(RawHost::picture(kBuffer));
  const auto lease = must(client.wait_frame(10s));
  ASSERT_TRUE(lease);
  ASSERT_TRUE(lease->map());
  EXPECT_EQ(lease->plane(0)[0], std::byte{0});
  struct stat status {};
  ASSERT_EQ(::fstat(fd.get(), &status), 0);
  EXPECT_LE(status.st_blocks * 512, 1 << 20);
}

TEST_F(HostsTest, MemoryWithHolesCountsAsMemoryThatMayFault) {
  const UniqueFd fd = memfd(RawHost::kBufferBytes, kFixedSize | kFutureWrite);
  Client client = connect({.refuse_may_fault = true});
  welcome();
  send_buffer(fd.get(), RawHost::kBufferBytes);
  post(RawHost::picture(kBuffer));
  while (client.stats().refused == 0) ASSERT_FALSE(must(client.wait_frame(10ms)));
}

TEST_F(HostsTest, MemoryThatMayFaultIsRefusedOfVersion1Too) {
  const UniqueFd fd = memfd(RawHost::kBufferBytes, F_SEAL_SHRINK);
  Client client = connect({.refuse_may_fault = true});
  wire::v1::Event event{};
  event.serial = 1;
  event.fourcc = fourcc("NV12").code;
  event.width_px = event.height_px = event.stride_bytes = 16;
  event.size_bytes = 384;
  const int number = fd.get();
  ASSERT_EQ(host.send(bytes_of(event), {&number, 1}), ipc::Transfer::done);
  while (client.stats().refused == 0) ASSERT_FALSE(must(client.wait_frame(10ms)));
}

TEST_F(HostsTest, KeepsNoMoreThan128BuffersOfAHost) {
  Client client = connect();
  welcome();
  ASSERT_TRUE(client.try_frame().has_value());
  const auto before = testing::open_fd_count();
  for (std::uint64_t i = 0; i < 400; ++i) {
    send_buffer(host.buffer.fd.get(), RawHost::kBufferBytes, kBuffer + i);
    auto picture = RawHost::picture(kBuffer + i);
    post(picture);
    const auto lease = must(client.wait_frame(10s));
    ASSERT_TRUE(lease);
    ASSERT_LE(testing::open_fd_count(), before + 128);
  }
}

TEST_F(HostsTest, ANewestFrameThatCannotBeEndsTheConnection) {
  for (const std::uint64_t newest : {~std::uint64_t{0}, std::uint64_t{1} << 48}) {
    host.board().newest.store(0, std::memory_order_seq_cst);
    Client client = connect({.reconnect = false});
    welcome();
    ASSERT_FALSE(must(client.wait_frame(1ms)));
    host.board().newest.store(newest, std::memory_order_seq_cst);
    const auto frame = client.wait_frame(10s);
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, std::errc::connection_reset);
    EXPECT_EQ(client.stats().wire_version, 0U);
  }
}

TEST_F(HostsTest, AHostThatCountsOnHoldsNobodyBeyondTheDeadline) {
  Client client = connect();
  ASSERT_GE(client.fd(), 0);
  welcome();
  ASSERT_FALSE(must(client.wait_frame(1ms)));
  std::atomic<bool> stop{false};
  std::thread counting([&] {
    for (std::uint64_t newest = 1; !stop.load(std::memory_order_relaxed); ++newest) {
      host.board().newest.store(newest, std::memory_order_seq_cst);
    }
  });
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(must(client.wait_frame(10ms)));
    EXPECT_FALSE(must(client.try_frame()));
  }
  stop.store(true, std::memory_order_relaxed);
  counting.join();
}

/// Sends descriptors whose last close blocks, and lets them go only at the end of the test.
struct BlockersTest : HostsTest {
  void send_blocker(std::span<const std::byte> packet) {
    blockers.emplace_back();
    const UniqueFd last = blockers.back().take();
    const int fd = last.get();
    ASSERT_EQ(host.send(packet, {&fd, 1}), ipc::Transfer::done);
  }
  void TearDown() override {
    // Whoever closes them has been left alone until now.
    for (auto& blocker : blockers) EXPECT_TRUE(blocker.drains_to_its_end());
  }
  std::vector<testing::LingeringSocket> blockers;
};

TEST_F(BlockersTest, OneInThePlaceOfABufferHoldsNoClientUp) {
  Client client = connect();
  welcome();
  wire::v2::Buffers message{};
  message.type = static_cast<std::uint32_t>(MessageType::buffers);
  message.count = 1;
  message.bytes = offsetof(wire::v2::Buffers, records) + sizeof(wire::v2::BufferRecord);
  message.records[0] = {kBuffer, 1, 1, 0};
  send_blocker(bytes_of(message).first(message.bytes));
  post(RawHost::picture(kBuffer));
  EXPECT_FALSE(must(client.wait_frame(1ms)));
}

TEST_F(BlockersTest, OneThatNothingAsksForHoldsNoClientUpAndEndsTheConnection) {
  Client client = connect({.reconnect = false});
  welcome();
  ASSERT_FALSE(must(client.wait_frame(1ms)));
  send_blocker(bytes_of(wire::v2::short_message(MessageType::bell, 0)));
  const auto frame = client.wait_frame(10s);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, std::errc::connection_reset);
}

TEST_F(BlockersTest, OneInAFrameOfVersion1HoldsNoClientUp) {
  Client client = connect({.reconnect = false});
  wire::v1::Event event{};
  event.serial = 1;
  event.fourcc = fourcc("NV12").code;
  event.width_px = event.height_px = event.stride_bytes = 16;
  event.size_bytes = 384;
  send_blocker(bytes_of(event));
  while (client.wait_frame(10ms)) {
  }
}

TEST_F(BlockersTest, OneThatLiesUnreadHoldsNobodyUpWhoDisconnects) {
  {
    const Client client = connect();
    (void)host.send({});  // an empty packet is no end of the queue
    send_blocker(bytes_of(wire::v2::short_message(MessageType::bell, 0)));
  }
  {
    const Client client = connect();
    send_blocker({});
  }
}

}  // namespace
}  // namespace vsl
