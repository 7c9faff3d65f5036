// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// Who put what into a folder where everybody may put files. The attacker is a child of another
// user; without root there is none to be had.
#include "avformat/destination.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "avformat/new_file.hpp"
#include "avformat/output_file.hpp"
#include "base/testing.hpp"

namespace vsl::avformat {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kSomebody = 65534, kSomebodyElse = 65533;
constexpr const char* kPrecious = "what must not be lost";

class DestinationTest : public ::testing::Test {
 protected:
  DestinationTest() {
    ::umask(022);
    std::string name = fs::temp_directory_path() / "vsl-destination-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    ::chmod(folder_.c_str(), 0755);
    fs::create_directory(shared_ = folder_ / "shared");
    ::chmod(shared_.c_str(), 01777);
    write(own_ = folder_ / "own", kPrecious);
    target_ = shared_ / "out";
  }
  ~DestinationTest() override { fs::remove_all(folder_); }
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become other users";
  }

  static void write(const fs::path& path, const char* text) { std::ofstream(path) << text; }
  static std::string content(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// Whether another user could do this.
  static bool as(uid_t user, const std::function<bool()>& what) {
    return vsl::testing::in_child([&] {
             ::umask(0);
             return ::setuid(user) == 0 && what() ? 0 : 1;
           }) == 0;
  }
  bool plant_link(uid_t user, const fs::path& to) {
    return as(user, [&] { return ::symlink(to.c_str(), target_.c_str()) == 0; });
  }
  bool plant(uid_t user, mode_t kind) {
    return as(user, [&] { return ::mknod(target_.c_str(), kind | 0666, 0) == 0; });
  }
  /// By each way of writing a file: why it could not be done.
  static std::error_code replace(const fs::path& path, const char* text = "new") {
    auto file = NewFile::create(path);
    if (!file) return file.error().code;
    write(file->temporary_path(), text);
    const auto committed = file->commit();
    return committed ? std::error_code() : committed.error().code;
  }
  static std::error_code fill(const fs::path& path) {
    auto file = OutputFile::open(path);
    if (!file) return file.error().code;
    const std::byte piece[]{std::byte{'n'}, std::byte{'e'}, std::byte{'w'}};
    const auto appended = file->append(piece);
    return appended ? std::error_code() : appended.error().code;
  }
  void expect_refused() const {
    EXPECT_EQ(replace(target_), std::errc::permission_denied);
    EXPECT_EQ(fill(target_), std::errc::permission_denied);
    EXPECT_EQ(content(own_), kPrecious);
  }

  fs::path folder_, shared_, own_, target_;
};

TEST_F(DestinationTest, AnotherUsersLinkInASharedFolderLeadsNowhere) {
  ASSERT_TRUE(plant_link(kSomebody, own_));
  expect_refused();
}

TEST_F(DestinationTest, NorDoesALinkToWhatIsNotThereYet) {
  ASSERT_TRUE(plant_link(kSomebody, folder_ / "new"));
  expect_refused();
  EXPECT_FALSE(fs::exists(folder_ / "new"));
}

TEST_F(DestinationTest, NorOneOnTheWay) {
  ASSERT_TRUE(plant_link(kSomebody, folder_));
  EXPECT_EQ(replace(target_ / "own"), std::errc::permission_denied);
  EXPECT_EQ(fill(target_ / "own"), std::errc::permission_denied);
  EXPECT_EQ(content(own_), kPrecious);
}

TEST_F(DestinationTest, WhatAnotherUserPutIntoASharedFolderIsNotWrittenTo) {
  for (const mode_t kind : {mode_t{S_IFREG}, mode_t{S_IFIFO}}) {
    ASSERT_TRUE(plant(kSomebody, kind));
    const UniqueFd reader(::open(target_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    expect_refused();
    EXPECT_EQ(content(own_), kPrecious);
    fs::remove(target_);
  }
}

TEST_F(DestinationTest, TheErrorSaysWhosItIs) {
  ASSERT_TRUE(plant(kSomebody, S_IFREG));
  const auto file = OutputFile::open(target_);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message().find("user 65534 put a file there"), std::string::npos)
      << file.error().message();
}

TEST_F(DestinationTest, OnesOwnLinksAndFilesCountThere) {
  ASSERT_TRUE(plant_link(0, own_));
  EXPECT_EQ(replace(target_, "by name"), std::error_code());
  EXPECT_EQ(content(own_), "by name");
  EXPECT_EQ(fill(target_), std::error_code());
  EXPECT_EQ(content(own_), "new");
  EXPECT_TRUE(fs::is_symlink(target_));
}

TEST_F(DestinationTest, AndThoseOfTheFoldersOwner) {
  ASSERT_EQ(::chown(shared_.c_str(), kSomebody, kSomebody), 0);
  ASSERT_TRUE(plant_link(kSomebody, own_));
  EXPECT_EQ(fill(target_), std::error_code());
  fs::remove(target_);
  ASSERT_TRUE(plant_link(kSomebodyElse, own_));
  EXPECT_EQ(fill(target_), std::errc::permission_denied);
}

TEST_F(DestinationTest, WhereOnlyTheOwnerMayPutFilesLinksAreFollowedWhosesoever) {
  ASSERT_TRUE(plant_link(kSomebody, own_));
  ::chmod(shared_.c_str(), 0755);
  EXPECT_EQ(fill(target_), std::error_code());
}

TEST_F(DestinationTest, AFileThatIsReplacedKeepsItsModeAndOwner) {
  write(target_, "older");
  ASSERT_EQ(::chown(target_.c_str(), kSomebody, kSomebodyElse), 0);
  ASSERT_EQ(::chmod(target_.c_str(), 0640), 0);
  ::chmod(shared_.c_str(), 0755);
  EXPECT_EQ(replace(target_), std::error_code());
  EXPECT_EQ(content(target_), "new");
  struct stat status {};
  ASSERT_EQ(::stat(target_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  EXPECT_EQ(status.st_uid, kSomebody);
  EXPECT_EQ(status.st_gid, kSomebodyElse);
}

TEST_F(DestinationTest, WhoCannotKeepTheGroupGivesItNoMoreThanEverybody) {
  write(target_, "older");
  ASSERT_EQ(::chown(target_.c_str(), kSomebody, kSomebodyElse), 0);
  ASSERT_EQ(::chmod(target_.c_str(), 0664), 0);
  ASSERT_TRUE(as(kSomebody, [&] { return !replace(target_); }));
  struct stat status {};
  ASSERT_EQ(::stat(target_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644U);
}

TEST_F(DestinationTest, WhatADescriptorOfOursLeadsToIsWrittenAsItIs) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd out(ends[0]), in(ends[1]);
  const UniqueFd file(::open(own_.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(fill("/proc/self/fd/" + std::to_string(in.get())), std::error_code());
  EXPECT_EQ(fill("/dev/fd/" + std::to_string(file.get())), std::error_code());
  EXPECT_EQ(content(own_), "new");
}

TEST_F(DestinationTest, ALinkThatLeadsToItselfIsAnError) {
  ASSERT_TRUE(plant_link(0, target_));
  EXPECT_EQ(fill(target_), std::errc::too_many_symbolic_link_levels);
}

TEST_F(DestinationTest, AFolderIsNoFile) {
  EXPECT_EQ(fill(shared_ / ""), std::errc::is_a_directory);
  EXPECT_EQ(fill(shared_), std::errc::is_a_directory);
  EXPECT_NE(replace(shared_), std::error_code());
}

}  // namespace
}  // namespace vsl::avformat
