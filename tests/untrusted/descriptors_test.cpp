// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include <list>

#include "base/testing.hpp"
#include "base/testing_blockers.hpp"
#include "tests/faults/faults.hpp"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83  // Linux 6.16
#endif

namespace {
bool pretend_old_kernel = false;
}

/// In front of libc's, so that a kernel before 6.16 can be had.
extern "C" int setsockopt(int fd, int level, int option, const void* value,
                          socklen_t length) noexcept {
  if (pretend_old_kernel && level == SOL_SOCKET && option == SO_PASSRIGHTS) {
    errno = ENOPROTOOPT;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_setsockopt, fd, level, option, value, length));
}

/// Descriptors that block when they are closed, attached to what is sent to a host. Where the host
/// closes one of them itself, these tests wait for ever.
namespace vsl::untrusted {
namespace {

using faults::RawPeer;
using faults::Upgraded;
using ipc::Transfer;
using ipc::test::Bus;
using testing::LingeringSocket;
using wire::v2::MessageType;

enum class Kernel { ours, without_passrights };

class DescriptorsTest : public ::testing::TestWithParam<Kernel> {
 protected:
  DescriptorsTest() { pretend_old_kernel = GetParam() == Kernel::without_passrights; }
  ~DescriptorsTest() override { pretend_old_kernel = false; }

  /// Sends it with a packet; false where the kernel refuses to.
  bool send_blocker(const RawPeer& peer, std::span<const std::byte> packet) {
    LingeringSocket& blocker = blockers_.emplace_back();
    const int fd = blocker.fd();
    const Transfer sent = ipc::send_packet(peer.fd(), packet, {&fd, 1});
    if (sent != Transfer::done) {
      blockers_.pop_back();
      return false;
    }
    (void)blocker.take();  // what is under way is the last one
    return true;
  }
  bool send_blocker(const RawPeer& peer, MessageType type) {
    const auto message = wire::v2::short_message(type, 0);
    return send_blocker(peer, wire::v2::bytes_of(message));
  }
  /// Lets every close return, and expects that each descriptor was closed.
  void expect_all_closed() {
    for (auto& blocker : blockers_) EXPECT_TRUE(blocker.drains_to_its_end());
    blockers_.clear();
  }

 private:
  std::list<LingeringSocket> blockers_;
};

HostOptions for_nobody_here() {
  HostOptions options;
  options.allowed_uids = {65533};
  return options;
}

/// What is sent by who connects and is not let in.
wire::v2::Hello hello() {
  wire::v2::Hello hello{};
  hello.type = static_cast<std::uint32_t>(MessageType::hello);
  hello.min_version = hello.max_version = wire::v2::kVersion;
  return hello;
}

TEST_P(DescriptorsTest, OfAnOutsiderDoNotStopTheHost) {
  Bus bus(for_nobody_here());
  const RawPeer outsider(bus.path());
  const auto first = hello();
  (void)send_blocker(outsider, wire::v2::bytes_of(first));
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().refused == 1; }));
  bus.publish(1);
  EXPECT_TRUE(outsider.ended() || bus.until([&] { return outsider.ended(); }));
  expect_all_closed();
}

TEST_P(DescriptorsTest, OfAnOutsiderBehindAnHonestHelloDoNotEither) {
  Bus bus(for_nobody_here());
  const RawPeer outsider(bus.path());
  ASSERT_EQ(outsider.hello(), Transfer::done);
  (void)send_blocker(outsider, MessageType::ready);
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().refused == 1; }));
  bus.publish(1);
  expect_all_closed();
}

TEST_P(DescriptorsTest, OfAClientOfVersion1CutItOffAndStopNobody) {
  Bus bus;
  Client honest = bus.client();
  const RawPeer client(bus.path());
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v1_clients == 1; }));
  const wire::v1::Control control{};
  const bool sent = send_blocker(client, wire::v2::bytes_of(control));
  ASSERT_TRUE(bus.host.process());
  EXPECT_EQ(bus.host.stats().cut_off, sent ? 1U : 0U);
  EXPECT_EQ(bus.host.stats().v1_clients, sent ? 0U : 1U);
  EXPECT_TRUE(bus.round(honest));
  expect_all_closed();
}

TEST_P(DescriptorsTest, OfAClientOfVersion2CutItOffAndStopNobody) {
  Bus bus;
  Client honest = bus.client();
  Upgraded client(bus);
  const bool sent = send_blocker(client.peer, MessageType::released);
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == (sent ? 1U : 2U); }));
  EXPECT_EQ(bus.host.stats().cut_off, sent ? 1U : 0U);
  EXPECT_TRUE(bus.round(honest));
  expect_all_closed();
}

TEST_P(DescriptorsTest, WithAnEmptyPacketLookLikeNoEnd) {
  Bus bus;
  Client honest = bus.client();
  const RawPeer first(bus.path()), second(bus.path());
  (void)send_blocker(first, {});
  ASSERT_EQ(second.send("", 0), Transfer::done);
  (void)send_blocker(second, {});
  ASSERT_TRUE(bus.host.process());
  EXPECT_TRUE(bus.round(honest));
  expect_all_closed();
}

TEST_P(DescriptorsTest, OfAClientThatIsCutOffForSomethingElseStopNobody) {
  Bus bus;
  Client honest = bus.client();
  const RawPeer client(bus.path());
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v1_clients == 1; }));
  ASSERT_EQ(client.send("x", 1), Transfer::done);  // shorter than any message
  (void)send_blocker(client, MessageType::ready);
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().cut_off == 1; }));
  EXPECT_TRUE(bus.round(honest));
  expect_all_closed();
}

TEST_P(DescriptorsTest, OfWhoWaitsToBeAcceptedDoNotKeepAHostFromEnding) {
  Bus bus;
  const RawPeer waiting(bus.path());
  (void)send_blocker(waiting, MessageType::ready);
  bus.host.close();
  expect_all_closed();
}

// A probe of whoever answers at a path ends so.
TEST_P(DescriptorsTest, OfAnybodyWeConnectedToStopNobody) {
  Bus bus;
  const std::string path = bus.path() + "x";
  auto listener = ipc::test::must(ipc::Listener::open(path, {}));
  UniqueFd ours = ipc::test::must(ipc::connect_socket(path));
  const RawPeer host(UniqueFd(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC)));
  ASSERT_TRUE(send_blocker(host, MessageType::hello)) << "what a host sends is not refused";
  ipc::close_connection(std::move(ours));
  expect_all_closed();
}

// As many threads as may be stuck are, and more is to come.
TEST_P(DescriptorsTest, InAnyNumberDoNotStopTheHost) {
  Bus bus;
  Client honest = bus.client();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(bus.round(honest));  // it knows all buffers
  const auto before = testing::open_fd_count();
  for (int i = 0; i < 40; ++i) {
    const RawPeer client(bus.path());
    ASSERT_TRUE(bus.host.process());
    (void)send_blocker(client, MessageType::ready);
    ASSERT_TRUE(bus.host.process());
    ASSERT_TRUE(bus.round(honest));
  }
  expect_all_closed();
  EXPECT_TRUE(bus.until([&] { return testing::open_fd_count() == before; }));
}

INSTANTIATE_TEST_SUITE_P(, DescriptorsTest,
                         ::testing::Values(Kernel::ours, Kernel::without_passrights),
                         [](const auto& kernel) {
                           return kernel.param == Kernel::ours ? "OnThisKernel"
                                                               : "WithoutPassrights";
                         });

}  // namespace
}  // namespace vsl::untrusted
