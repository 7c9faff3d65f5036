// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "base/testing.hpp"
#include "base/unique_fd.hpp"
#include "ipc/testing.hpp"

namespace vsl {
namespace {

using namespace std::chrono_literals;
using ipc::test::Bus;
using ipc::test::first_byte;

UniqueFd raw_client(const std::string& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
  const auto* address = reinterpret_cast<const sockaddr*>(&name);
  if (::connect(socket.get(), address, sizeof name) != 0) return UniqueFd();
  return socket;
}

TEST(BusLifeTest, FindsTheHostAgainAfterARestart) {
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

TEST(BusLifeTest, EndsWhenTheHostEndsAndReconnectIsOff) {
  Bus bus;
  Client client = bus.client({.reconnect = false});
  bus.publish(1);
  ASSERT_TRUE(bus.next(client));
  bus.host.close();
  const auto ended = client.wait_frame(10s);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, std::errc::connection_reset);
}

TEST(BusLifeTest, LeavesALiveHostAndAForeignFileAlone) {
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

TEST(BusLifeTest, ReplacesAStaleSocket) {
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

TEST(BusLifeTest, ServesAbstractNames) {
  const std::string name = "vsl-test-" + std::to_string(::getpid());
  auto host = Host::listen(name);
  ASSERT_TRUE(host);
  auto client = Client::connect(name);
  ASSERT_TRUE(client);
  EXPECT_NE(::access(name.c_str(), F_OK), 0);
}

TEST(BusLifeTest, TellsAHostThatClosedFromOneThatWasLost) {
  Bus bus;
  Client client = bus.client({.reconnect = false});
  ASSERT_TRUE(bus.round(client));
  EXPECT_FALSE(client.host_closed());
  bus.host.close();
  EXPECT_FALSE(client.wait_frame(10s));
  EXPECT_TRUE(client.host_closed());
}

TEST(BusLifeTest, ListsItsClients) {
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

TEST(BusLifeTest, CountsWhoCameAlsoWhenSomebodyElseLeftMeanwhile) {
  Bus bus;
  for (std::uint64_t came = 1; came <= 3; ++came) {
    Client client = bus.client();
    ASSERT_TRUE(bus.round(client));
    EXPECT_EQ(bus.host.stats().admitted, came);
  }
  EXPECT_TRUE(bus.until([&] { return bus.host.stats().v2_clients == 0; }));
  EXPECT_EQ(bus.host.stats().admitted, 3U);
}

TEST(BusLifeTest, AClientThatIsDroppedSeesTheEndThoughAChildHasACopyOfItsConnection) {
  Bus bus;
  const UniqueFd client = raw_client(bus.path());
  ASSERT_TRUE(client);
  ASSERT_TRUE(bus.until([&] { return bus.host.stats().v1_clients == 1; }));
  // Without the C library's fork handlers the child keeps a copy of every descriptor.
  const auto child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  EXPECT_EQ(::send(client.get(), "?", 1, MSG_NOSIGNAL), 1);  // shorter than any message there is
  EXPECT_TRUE(bus.until([&] { return bus.host.stats().v1_clients == 0; }));
  pollfd entry{client.get(), POLLIN, 0};
  ::poll(&entry, 1, 0);
  EXPECT_NE(entry.revents & POLLHUP, 0);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace vsl
