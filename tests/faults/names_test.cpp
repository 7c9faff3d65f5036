// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "base/testing.hpp"
#include "faults.hpp"

/// The file that release 2.5 made of a name without a slash, and who else may have put one there.
namespace vsl {
namespace {

namespace fs = std::filesystem;
using faults::Process;

constexpr uid_t kSomebody = 65534;

class RelativeNameTest : public ::testing::Test {
 protected:
  RelativeNameTest() {
    std::string name = fs::temp_directory_path() / "vsl-names-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    name_ = folder_.filename();  // an abstract name that nobody listens on
  }
  ~RelativeNameTest() override { fs::remove_all(folder_); }

  /// A host of this user as release 2.5 would be one: its socket is a file where it works.
  Process host_of(uid_t user) const {
    return Process([this, user](const faults::Line& line) {
      if (::setgid(user) != 0 || ::setuid(user) != 0) return 1;
      auto listener = ipc::Listener::open(folder_ / name_, {.mode = 0666});
      line.tell(listener ? 1 : 0);
      return static_cast<int>(line.wait());
    });
  }
  /// What connecting to the name comes to for somebody who works in the folder.
  int connects() const {
    return testing::in_child([&] {
      if (::chdir(folder_.c_str()) != 0) return 1;
      const auto socket = ipc::connect_socket(name_);
      return socket ? 0 : socket.error().to_errno();
    });
  }

  fs::path folder_;
  std::string name_;
};

TEST_F(RelativeNameTest, TheFileOfOnesOwnHostIsFound) {
  const Process host = host_of(::geteuid());
  ASSERT_EQ(host.line().wait(), 1U);
  EXPECT_EQ(connects(), 0);
}

TEST_F(RelativeNameTest, InAFolderThatOthersMayWriteNoneIsFollowed) {
  const Process host = host_of(::geteuid());
  ASSERT_EQ(host.line().wait(), 1U);
  for (const mode_t mode : {0777, 01777, 0770}) {
    ASSERT_EQ(::chmod(folder_.c_str(), mode), 0);
    EXPECT_EQ(connects(), ECONNREFUSED) << std::oct << mode;
  }
}

TEST_F(RelativeNameTest, AnotherUsersIsNotFollowed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  const Process host = host_of(kSomebody);
  ASSERT_EQ(host.line().wait(), 1U);
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  EXPECT_EQ(connects(), ECONNREFUSED);
  // Not by giving the file away either: who listens counts.
  ASSERT_EQ(::lchown((folder_ / name_).c_str(), 0, 0), 0);
  EXPECT_EQ(connects(), ECONNREFUSED);
}

TEST_F(RelativeNameTest, ALinkIsNotFollowed) {
  const Process host = host_of(::geteuid());
  ASSERT_EQ(host.line().wait(), 1U);
  fs::rename(folder_ / name_, folder_ / "elsewhere");
  fs::create_symlink("elsewhere", folder_ / name_);
  EXPECT_EQ(connects(), ECONNREFUSED);
}

TEST(HiddenClientsTest, AClientFindsNothingOfTheOthersOnTheBoard) {
  for (const bool hidden : {false, true}) {
    ipc::test::Bus bus({.hide_clients = hidden});
    Client other = bus.client({.name = "other"});
    ASSERT_TRUE(bus.round(other));
    const faults::Upgraded looker(bus);
    const auto& board = *looker.board_memory.as<const wire::v2::Board>();
    const bool shown = std::any_of(
        std::begin(board.clients), std::end(board.clients), [](const wire::v2::ClientEntry& entry) {
          return entry.pid.load(std::memory_order_relaxed) != 0 || entry.command[0] != '\0' ||
                 entry.since_ns.load(std::memory_order_relaxed) != 0;
        });
    EXPECT_EQ(shown, !hidden);
    EXPECT_EQ(bus.host.clients().size(), 2U);
  }
}

}  // namespace
}  // namespace vsl
