// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/closer.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "base/testing.hpp"
#include "base/testing_blockers.hpp"

namespace vsl {
namespace {

using testing::LingeringSocket;

bool has_ended(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

std::array<UniqueFd, 2> connected() {
  std::array<int, 2> fds{-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// Each of these tests waits for ever where the descriptor is closed by the caller.

TEST(CloserTest, ReturnsWhileTheCloseIsStillBlocked) {
  LingeringSocket blocker;
  close_elsewhere(blocker.take());
  EXPECT_TRUE(blocker.drains_to_its_end());
}

TEST(CloserTest, ASecondDescriptorIsClosedWhileTheFirstBlocks) {
  LingeringSocket blocker;
  auto [ours, peers] = connected();
  close_elsewhere(blocker.take());
  close_elsewhere(std::move(ours));
  while (!has_ended(peers.get())) std::this_thread::yield();
  EXPECT_TRUE(blocker.drains_to_its_end());
}

TEST(CloserTest, ClosesInAForkedChildToo) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer lets a forked child start no thread";
#endif
  LingeringSocket blocker;
  close_elsewhere(blocker.take());
  auto [ours, peers] = connected();
  EXPECT_EQ(testing::in_child([&ours = ours, &peers = peers] {
              close_elsewhere(UniqueFd(::dup(peers.get())));
              peers.reset();
              const int number = ours.get();
              close_elsewhere(std::move(ours));
              while (::fcntl(number, F_GETFD) >= 0) std::this_thread::yield();
              return 0;
            }),
            0);
  EXPECT_TRUE(blocker.drains_to_its_end());
}

TEST(CloserTest, NothingIsNotClosed) {
  close_elsewhere(UniqueFd());
  SUCCEED();
}

TEST(CloserTest, LeavesNoDescriptorsBehind) {
  const auto before = testing::open_fd_count();
  for (int i = 0; i < 200; ++i) close_elsewhere(UniqueFd(::dup(0)));
  while (testing::open_fd_count() != before) std::this_thread::yield();
  SUCCEED();
}

}  // namespace
}  // namespace vsl
