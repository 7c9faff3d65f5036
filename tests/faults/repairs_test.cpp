// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/testing.hpp"
#include "faults.hpp"
#include "ipc/capi_access.hpp"

/// What was broken once, each by its smallest case.
namespace vsl {
namespace {

using namespace std::chrono_literals;
using faults::FewDescriptors;
using faults::RawPeer;
using faults::readable;
using ipc::test::Bus;
using ipc::test::must;

TEST(RepairsTest, AHostThatIsClosedGuardsNoDescriptorAnyMore) {
  Bus bus;
  Client client = bus.client();
  ASSERT_TRUE(bus.round(client));
  const auto before = testing::open_fd_count();
  bus.host.close();
  // Takes every number that became free, the listener's among them.
  std::vector<UniqueFd> files;
  int pipe_ends[2];
  while (testing::open_fd_count() < before + 8) {
    ASSERT_EQ(::pipe2(pipe_ends, O_CLOEXEC), 0);
    files.emplace_back(pipe_ends[0]);
    files.emplace_back(pipe_ends[1]);
  }
  EXPECT_EQ(testing::in_child([&] {
              for (const UniqueFd& file : files) {
                struct stat status {};
                if (::fstat(file.get(), &status) != 0 || !S_ISFIFO(status.st_mode)) return 2;
              }
              return 0;
            }),
            0)
      << "a pipe of the child was replaced";
}

TEST(RepairsTest, APostThatFailsOrIsWithdrawnEndsNobodyElsesFrame) {
  Bus bus;
  Client client = bus.client({.policy = Policy::in_order()});
  const Layout layout = Layout::opaque(fourcc("H264"), 64, 32, 4096);
  const auto memory = [] { return must(Buffer::allocate(4096, {.source = MemorySource::memfd})); };
  const auto post = [&](const std::shared_ptr<Buffer>& buffer) {
    return must(bus.host.publish(must(Frame::wrap({.layout = layout}, {&buffer, 1}))));
  };
  const auto a = memory(), b = memory();
  post(a);
  const Lease held = bus.next(client);  // keeps buffer `a` in the table
  ASSERT_TRUE(held);
  const std::uint64_t withdrawn = post(a);
  ASSERT_TRUE(bus.host.withdraw(withdrawn));
  const std::uint64_t other = post(b);  // in the slot that became free
  post(a);
  ASSERT_TRUE(bus.host.process());
  EXPECT_TRUE(bus.host.withdraw(other))
      << "frame " << other << " is live, and in memory of its own";
}

TEST(RepairsTest, DoesNotSpinWhenNotEvenTheSpareDescriptorHelps) {
  Bus bus;
  const int watched = bus.host.fd();
  while (readable(watched, 0)) ASSERT_TRUE(bus.host.process());
  RawPeer peer(bus.path());
  ASSERT_EQ(peer.hello(), ipc::Transfer::done);
  {
    const FewDescriptors few(3);
    ASSERT_TRUE(bus.host.process());
    EXPECT_FALSE(readable(watched, 0)) << "the host would spin";
  }
  EXPECT_TRUE(readable(watched, 10'000)) << "nothing will ever look at the listener again";
  EXPECT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 1; }));
}

TEST(RepairsTest, AForkedChildCannotLeaseAFrameAgain) {
  Bus bus;
  Client client = bus.client();
  bus.publish(1);
  Lease lease = bus.next(client);
  ASSERT_TRUE(lease);
  const auto token = ipc::lease_token(lease);
  EXPECT_EQ(testing::in_child([&] {
              const auto again = ipc::lease_again(client, token);
              return again || again.error().code != std::errc::operation_not_permitted ? 2 : 0;
            }),
            0);
}

/// Ends what connections this process has to the socket, from the clients' side.
int hang_up_on(const std::string& path) {
  int cut = 0;
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_un peer{};
    socklen_t length = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) continue;
    // The listener was bound beside its path before it was moved there.
    if (std::strncmp(peer.sun_path, path.c_str(), path.size()) != 0) continue;
    if (::shutdown(fd, SHUT_RDWR) == 0) ++cut;
  }
  return cut;
}

TEST(RepairsTest, AClientThatHadToConnectAnewIsGivenNoFrameTwice) {
  for (const Policy& policy : {Policy::newest(), Policy::in_order()}) {
    Bus bus;
    Client client = bus.client({.policy = policy});
    ASSERT_TRUE(bus.round(client));
    const std::uint64_t last = bus.publish(2);
    ASSERT_EQ(bus.next(client).serial(), last);
    ASSERT_EQ(hang_up_on(bus.path()), 1);
    ASSERT_TRUE(bus.until([&] {
      const auto again = client.try_frame();
      EXPECT_FALSE(again && *again) << "frame " << (*again)->serial() << " again";
      return client.stats().reconnects == 1 && client.stats().wire_version == 2;
    }));
    const auto again = client.try_frame();
    ASSERT_TRUE(again);
    EXPECT_FALSE(*again) << "frame " << (*again)->serial() << " came twice";
    const std::uint64_t next = bus.publish(3);
    EXPECT_EQ(bus.next(client).serial(), next);
  }
}

}  // namespace
}  // namespace vsl
