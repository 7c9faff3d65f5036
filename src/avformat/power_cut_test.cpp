// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// What has reached the disk when: the calls that promise it are replaced for this program by ones
// that take notes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "avformat/new_file.hpp"
#include "avformat/recorder_testing.hpp"
#include "base/mutex.hpp"

namespace vsl::avformat {
namespace {

/// What was called, with the content that the file had then.
struct Note {
  std::string call, name;
  Bytes content;
};

Mutex g_mutex;  // leaf
bool g_noting VSL_GUARDED_BY(g_mutex) = false;
std::vector<Note> g_notes VSL_GUARDED_BY(g_mutex);

void note(const char* call, const fs::path& path) {
  const MutexLock lock(g_mutex);
  if (!g_noting) return;
  const bool file = fs::is_regular_file(path);
  Bytes content;
  if (file) {
    std::ifstream stream(path, std::ios::binary);
    for (std::istreambuf_iterator<char> at(stream), end; at != end; ++at) {
      content.push_back(static_cast<std::byte>(*at));
    }
  }
  g_notes.push_back({call, file ? path.filename().string() : "folder", content});
}

fs::path path_of(int fd) {
  const fs::path opened = "/proc/self/fd/" + std::to_string(fd), path = fs::read_symlink(opened);
  return fs::exists(path) ? path : opened;  // of a file without a name
}

class PowerCutTest : public testing::Test, protected RecorderFolder {
 protected:
  PowerCutTest() {
    const MutexLock lock(g_mutex);
    g_notes.clear();
    g_noting = true;
  }
  ~PowerCutTest() override {
    const MutexLock lock(g_mutex);
    g_noting = false;
  }
  static std::vector<Note> notes() {
    const MutexLock lock(g_mutex);
    return g_notes;
  }
  static std::vector<std::string> calls() {
    std::vector<std::string> calls;
    for (const Note& each : notes()) calls.push_back(each.call + " " + each.name);
    return calls;
  }
  void record(int pictures) {
    auto recorder = create();
    ASSERT_TRUE(recorder);
    for (int i = 0; i < pictures; ++i) {
      ASSERT_TRUE(i == 0 ? key(*recorder) : other(*recorder));
    }
    ASSERT_TRUE(recorder->finish());
  }
};

TEST_F(PowerCutTest, EveryNPicturesTheFileIsBroughtToTheDiskAndOnceItsName) {
  options_.sync_every = 3;
  record(8);
  EXPECT_EQ(calls(), (std::vector<std::string>{"fdatasync clip.h264", "fsync folder",
                                               "fdatasync clip.h264", "fdatasync clip.h264"}));
  EXPECT_EQ(pictures(notes()[0].content).first, 3U);
  EXPECT_EQ(pictures(notes()[2].content).first, 6U);
  EXPECT_EQ(pictures(notes()[3].content).first, 8U);
}

TEST_F(PowerCutTest, AMovieHoldsNoPictureBackFromTheDisk) {
  options_.path = folder_ / "clip.mp4";
  options_.mp4 = true;
  options_.sync_every = 2;
  record(40);
  std::size_t synced = 0;
  for (const Note& each : notes()) {
    if (each.name != "clip.mp4" || synced == 40) continue;
    synced += 2;
    std::ofstream(folder_ / "then.mp4", std::ios::binary)
        .write(reinterpret_cast<const char*>(each.content.data()),
               static_cast<std::streamsize>(each.content.size()));
    const auto then = mp4_to_annex_b(folder_ / "then.mp4", folder_ / "then.h264", {}, nullptr);
    ASSERT_TRUE(then) << then.error().message();
    EXPECT_EQ(then->frames, synced);
  }
  EXPECT_EQ(synced, 40U);
}

TEST_F(PowerCutTest, AFileTakesItsNameOnceItIsOnTheDisk) {
  for (const bool replaced : {false, true}) {
    const std::size_t before = notes().size();
    auto file = NewFile::create(folder_ / "clip.mp4");
    ASSERT_TRUE(file);
    std::ofstream(file->temporary_path()) << "whole";
    ASSERT_TRUE(file->commit());
    const std::vector<Note> all = notes();
    ASSERT_GE(all.size(), before + 3);
    EXPECT_EQ(all[before].call, "fsync");
    EXPECT_EQ(all[before].content.size(), 5U);
    EXPECT_EQ(all[all.size() - 2].call, replaced ? "renameat" : "linkat");
    EXPECT_EQ(calls().back(), "fsync folder");
  }
}

}  // namespace
}  // namespace vsl::avformat

extern "C" int fdatasync(int fd) {
  vsl::avformat::note("fdatasync", vsl::avformat::path_of(fd));
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}
extern "C" int fsync(int fd) {
  vsl::avformat::note("fsync", vsl::avformat::path_of(fd));
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
extern "C" int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  vsl::avformat::note("renameat", from);
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, 0));
}
extern "C" int linkat(int from_folder, const char* from, int to_folder, const char* to,
                      int flags) noexcept {
  vsl::avformat::note("linkat", from);
  return static_cast<int>(::syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
}
