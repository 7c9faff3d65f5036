// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "ipc/testing.hpp"

namespace vsl::ipc {
namespace {

using namespace std::chrono_literals;

constexpr auto kLifespan = 4ms;

bool is_readable(Host& host) {
  pollfd entry{host.fd(), POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

TEST(HostTimerTest, DoesNotFireForEveryFrameWhileFramesFollowEachOther) {
  test::Bus bus({}, 16);
  (void)bus.host.fd();  // a program that polls it
  constexpr int kPosts = 100;
  int on_time = 0, fired = 0;
  for (int i = 0; i < kPosts; ++i) {
    const std::int64_t posted_ns = monotonic_ns();
    bus.publish(1, kLifespan);
    std::this_thread::sleep_for(2ms);  // the rate of the producer
    const bool readable = is_readable(bus.host);
    // On a busy machine it may have slept beyond a frame's life: then there is something to tell.
    const bool late = monotonic_ns() - posted_ns >= std::chrono::nanoseconds(kLifespan).count();
    on_time += late ? 0 : 1;
    fired += readable && !late ? 1 : 0;
    if (!readable) continue;
    ASSERT_TRUE(bus.host.process());
  }
  EXPECT_LE(fired, on_time / 2);
  EXPECT_LT(bus.host.stats().live, 16U) << "each post sees to those that are over";
}

TEST(HostTimerTest, FramesOfAProducerThatPausesExpireAllTheSame) {
  test::Bus bus({}, 16);
  (void)bus.host.fd();
  for (int i = 0; i < 5; ++i) {
    bus.publish(1, kLifespan);
    std::this_thread::sleep_for(2ms);
  }
  const std::int64_t give_up_ns = monotonic_ns() + 60'000'000'000;
  while (bus.host.stats().live > 0) {
    ASSERT_LT(monotonic_ns(), give_up_ns) << "nothing told that a frame was over";
    pollfd entry{bus.host.fd(), POLLIN, 0};
    if (::poll(&entry, 1, 1000) == 1) {
      ASSERT_TRUE(bus.host.process());
    }
  }
}

}  // namespace
}  // namespace vsl::ipc
