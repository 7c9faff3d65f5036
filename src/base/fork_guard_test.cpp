// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/fork_guard.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <memory>

#include "base/testing.hpp"
#include "base/unique_fd.hpp"

namespace vsl {
namespace {

struct SocketPair {
  UniqueFd ours, peers;
};

SocketPair connected() {
  std::array<int, 2> fds{-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

bool is_socket(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

TEST(ForkGuardTest, KnowsItsParentFromTheChild) {
  const ForkGuard guard;
  EXPECT_FALSE(guard.in_child());
  EXPECT_EQ(testing::in_child([&] { return guard.in_child() ? 1 : 0; }), 1);
  EXPECT_FALSE(guard.in_child());
}

TEST(ForkGuardTest, KnowsAGuardMadeInTheChildAsItsOwn) {
  const ForkGuard parents;
  EXPECT_EQ(testing::in_child([] { return ForkGuard().in_child() ? 1 : 0; }), 0);
}

TEST(ForkGuardTest, TakesTheSocketFromTheChildAndKeepsTheNumberTaken) {
  const SocketPair pair = connected();
  const ForkGuard guard(pair.ours.get());
  const int seen = testing::in_child([&] {
    const bool taken = ::fcntl(pair.ours.get(), F_GETFD) >= 0;
    return (is_socket(pair.ours.get()) ? 1 : 0) + (taken ? 2 : 0);
  });
  EXPECT_EQ(seen, 2);
  EXPECT_TRUE(is_socket(pair.ours.get()));
}

TEST(ForkGuardTest, LetsThePeerSeeTheParentsHangUpWhileAChildLives) {
  SocketPair pair = connected();
  const SocketPair ends_child = connected();
  const ForkGuard guard(pair.ours.get());
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    (void)::recv(ends_child.peers.get(), &byte, 1, 0);  // lives until told
    ::_exit(0);
  }
  pair.ours.reset();
  char byte = 0;
  EXPECT_EQ(::recv(pair.peers.get(), &byte, 1, 0), 0);  // blocks for ever if the child has a copy
  EXPECT_EQ(::send(ends_child.ours.get(), "x", 1, 0), 1);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST(ForkGuardTest, LeavesAnFdAloneThatIsNoLongerWatched) {
  const SocketPair pair = connected();
  ForkGuard guard(pair.ours.get());
  guard.watch(-1);
  EXPECT_EQ(testing::in_child([&] { return is_socket(pair.ours.get()) ? 1 : 0; }), 1);
}

TEST(ForkGuardTest, ForgetsGuardsInAnyOrder) {
  const SocketPair pair = connected();
  auto first = std::make_unique<ForkGuard>();
  auto middle = std::make_unique<ForkGuard>(pair.ours.get());
  auto last = std::make_unique<ForkGuard>(pair.peers.get());
  middle.reset();
  first.reset();
  const int sockets = testing::in_child(
      [&] { return (is_socket(pair.ours.get()) ? 1 : 0) + (is_socket(pair.peers.get()) ? 2 : 0); });
  EXPECT_EQ(sockets, 1);
}

}  // namespace
}  // namespace vsl
