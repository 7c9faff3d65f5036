// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "child_process.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace vsl::command {
namespace {

ChildProcess start(const std::vector<std::string>& arguments) {
  auto child = ChildProcess::start(arguments);
  EXPECT_TRUE(child) << child.error().message();
  return std::move(*child);
}

TEST(ChildProcessTest, StoppingEndsIt) {
  ChildProcess child = start({"sleep", "1000"});
  EXPECT_EQ(child.exit_code(), std::nullopt);
  EXPECT_EQ(child.stop(60'000), 128 + SIGTERM);
}

TEST(ChildProcessTest, OneThatWasMovedFromIsNoProcess) {
  ChildProcess child = start({"sleep", "1000"});
  ChildProcess owner = std::move(child);
  // NOLINTBEGIN(bugprone-use-after-move): that is what is asked
  ASSERT_EQ(child.pid(), -1);
  EXPECT_EQ(child.exit_code(), std::nullopt);
  // Signal 0 ends nobody, should it be sent: errno tells.
  errno = 0;
  child.signal(0);
  EXPECT_EQ(errno, 0);
  EXPECT_EQ(child.stop(0), -1);
  // NOLINTEND(bugprone-use-after-move)
  EXPECT_EQ(owner.exit_code(), std::nullopt);
}

}  // namespace
}  // namespace vsl::command
