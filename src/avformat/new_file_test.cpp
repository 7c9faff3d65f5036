// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// On a file system that has files without names, and, by a replaced openat(), on one that has not.
#include "avformat/new_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vsl::avformat {
namespace {

namespace fs = std::filesystem;

std::atomic<bool> g_only_names = false;

class NewFileTest : public testing::TestWithParam<bool> {
 protected:
  NewFileTest() {
    std::string name = fs::temp_directory_path() / "vsl-new-file-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ / "clip.mp4";
    g_only_names = GetParam();
  }
  ~NewFileTest() override {
    g_only_names = false;
    fs::remove_all(folder_);
  }

  static void write(const fs::path& path, const char* text) { std::ofstream(path) << text; }
  static std::string content(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  auto entries() const { return std::distance(fs::directory_iterator(folder_), {}); }

  fs::path folder_, path_;
};

TEST_P(NewFileTest, TakesItsNameWithWhatWasWritten) {
  auto file = NewFile::create(path_);
  ASSERT_TRUE(file) << file.error().message();
  write(file->temporary_path(), "new");
  EXPECT_FALSE(fs::exists(path_));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(content(path_), "new");
  EXPECT_EQ(entries(), 1);
}

TEST_P(NewFileTest, ReplacesAnOlderFileOnlyWhenItIsWhole) {
  write(path_, "older");
  auto file = NewFile::create(path_);
  ASSERT_TRUE(file);
  write(file->temporary_path(), "new");
  EXPECT_EQ(content(path_), "older");
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(content(path_), "new");
  EXPECT_EQ(entries(), 1);
}

TEST_P(NewFileTest, LeavesNothingWhenItIsGivenUp) {
  {
    auto file = NewFile::create(path_);
    ASSERT_TRUE(file);
    write(file->temporary_path(), "half");
    EXPECT_EQ(entries(), GetParam() ? 1 : 0);
  }
  EXPECT_EQ(entries(), 0);
}

TEST_P(NewFileTest, ReplacesWhereALinkLeadsAndNotTheLink) {
  fs::create_directory(folder_ / "there");
  fs::create_symlink("there/real.mp4", path_);
  for (const char* text : {"first", "second"}) {
    auto file = NewFile::create(path_);
    ASSERT_TRUE(file);
    write(file->temporary_path(), text);
    ASSERT_TRUE(file->commit());
    EXPECT_TRUE(fs::is_symlink(path_));
    EXPECT_EQ(content(folder_ / "there" / "real.mp4"), text);
  }
}

TEST_P(NewFileTest, DoesNotReplaceAFileThatIsBeingWritten) {
  auto file = NewFile::create(path_);
  ASSERT_TRUE(file);
  const int other = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  ASSERT_EQ(::flock(other, LOCK_EX | LOCK_NB), 0);
  const auto committed = file->commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, std::errc::device_or_resource_busy);
  EXPECT_FALSE(NewFile::create(path_));
  ::close(other);
}

INSTANTIATE_TEST_SUITE_P(FileSystems, NewFileTest, testing::Bool(), [](const auto& only_names) {
  return only_names.param ? "WithNamesAlone" : "WithUnnamedFiles";
});

}  // namespace
}  // namespace vsl::avformat

extern "C" int openat(int folder, const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  const auto mode = (flags & O_CREAT) != 0 || unnamed ? va_arg(more, mode_t) : mode_t{0};
  va_end(more);
  if (unnamed && vsl::avformat::g_only_names) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}
