// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/testing.hpp"

namespace vsl {
namespace {

UniqueFd open_null() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(UniqueFdTest, ClosesItsFdAtTheEndOfItsLife) {
  int number = -1;
  {
    const UniqueFd fd = open_null();
    number = fd.get();
    ASSERT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFdTest, LeavesTheSourceOfAMoveEmpty) {
  UniqueFd from = open_null();
  const int number = from.get();
  const UniqueFd to = std::move(from);
  EXPECT_FALSE(from);
  EXPECT_EQ(to.get(), number);
}

TEST(UniqueFdTest, ClosesWhatAnAssignmentReplaces) {
  UniqueFd fd = open_null();
  const int first = fd.get();
  UniqueFd other = open_null();
  const int second = other.get();
  fd = std::move(other);
  EXPECT_FALSE(is_open(first));
  EXPECT_TRUE(is_open(second));
}

TEST(UniqueFdTest, SurvivesBeingMovedToItself) {
  UniqueFd fd = open_null();
  UniqueFd& alias = fd;
  fd = std::move(alias);
  EXPECT_TRUE(is_open(fd.get()));
}

TEST(UniqueFdTest, LeavesAReleasedFdOpen) {
  UniqueFd fd = open_null();
  const UniqueFd kept(fd.release());
  fd.reset();
  EXPECT_TRUE(is_open(kept.get()));
}

TEST(UniqueFdTest, KeepsErrnoWhenItCloses) {
  UniqueFd fd = open_null();
  errno = EXDEV;
  fd.reset();
  EXPECT_EQ(errno, EXDEV);
}

TEST(UniqueFdTest, DuplicatesCloseOnExec) {
  const UniqueFd fd = open_null();
  const auto copy = UniqueFd::duplicate(fd.get());
  ASSERT_TRUE(copy);
  EXPECT_NE(copy->get(), fd.get());
  EXPECT_EQ(::fcntl(copy->get(), F_GETFD), FD_CLOEXEC);
}

TEST(UniqueFdTest, NeverDuplicatesOntoAStandardStream) {
  const int landed_on = testing::in_child([] {
    const UniqueFd fd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10));
    ::close(STDIN_FILENO);
    auto copy = UniqueFd::duplicate(fd.get());
    return copy ? copy->get() : 0;
  });
  EXPECT_GE(landed_on, 3);
}

TEST(UniqueFdTest, SaysWhichFdCannotBeDuplicated) {
  const auto copy = UniqueFd::duplicate(987);
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().code, std::errc::bad_file_descriptor);
  EXPECT_NE(copy.error().where.find("987"), std::string::npos);
}

}  // namespace
}  // namespace vsl
