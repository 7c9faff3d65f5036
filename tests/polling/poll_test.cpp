// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "ipc/testing.hpp"

namespace {
std::function<void()> before_reading;
}  // namespace

// In place of libc's: a test can let something happen just before a client reads its socket.
extern "C" ssize_t recvmsg(int socket, msghdr* header, int flags) {
  if (before_reading) before_reading();
  return ::syscall(SYS_recvmsg, socket, header, flags);
}

namespace vsl {
namespace {

using namespace std::chrono_literals;
using ipc::test::Bus;
using ipc::test::must;

/// A client that is rung by messages: the host takes it for another user's.
Client client_of_another_user(Bus& bus) {
  if (::seteuid(65534) != 0) std::abort();
  Client client = must(Client::connect(bus.path()));
  if (::seteuid(0) != 0) std::abort();
  (void)bus.until([&] {
    (void)must(client.try_frame());
    return client.stats().wire_version == 2;
  });
  return client;
}

// models/chime.pml, break answer-before-arm: between arming and polling a client that was slow
// reads its socket, and what it reads there may be the bell of a frame it has not seen.
TEST(PollTest, IsReadableForAFrameWhoseBellWasReadTooEarly) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to look like another user";
  Bus bus({.socket_mode = 0666});
  Client client = client_of_another_user(bus);
  const int fd = client.fd();
  bool met = false;
  for (int attempt = 0; attempt < 100 && !met; ++attempt) {
    (void)must(client.try_frame());
    (void)bus.host.process().has_value();
    int reads = 0;
    before_reading = [&] {
      ++reads;
      if (reads == 1) std::this_thread::sleep_for(50ms);  // longer than a slice: it looks again
      if (reads == 2) {
        (void)bus.host.process().has_value();
        bus.publish(1);
      }
    };
    const auto frame = must(client.try_frame());
    before_reading = nullptr;
    met = reads >= 2 && !frame;  // else the machine was slow, and the frame was found at once
  }
  ASSERT_TRUE(met);
  pollfd ready{fd, POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 5'000), 1);
  EXPECT_TRUE(must(client.try_frame()));
}

}  // namespace
}  // namespace vsl
