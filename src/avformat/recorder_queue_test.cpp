// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// The disk is a pipe here: it takes what its reader makes room for, and no more.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "avformat/recorder_testing.hpp"

namespace vsl::avformat {
namespace {

constexpr std::size_t kPictureBytes = 1000;  // about

class RecorderQueueTest : public testing::Test, protected RecorderFolder {
 protected:
  RecorderQueueTest() {
    EXPECT_EQ(::mkfifo(options_.path.c_str(), 0600), 0);
    reader_ = ::open(options_.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(::fcntl(reader_, F_SETPIPE_SZ, 4096), 4096);
    options_.queue_bytes = 20 * kPictureBytes;
  }
  ~RecorderQueueTest() override { close_reader(); }
  void close_reader() {
    if (reader_ >= 0) ::close(reader_);
    reader_ = -1;
  }

  Result<Fate> key_picture(Recorder& recorder) {
    return push(recorder, {test::h264_sps(), test::h264_pps(), padded({.header = 0x65})});
  }
  Result<Fate> next_picture(Recorder& recorder) {
    const auto number = static_cast<unsigned>(index_) % 16;
    return push(recorder, {padded({.frame_num = number, .order = number})});
  }
  static Bytes padded(const test::H264Slice& slice) {
    Bytes nal = test::h264_slice(slice);
    nal.resize(kPictureBytes, std::byte{0x55});
    return nal;
  }
  /// Pictures until one is left out.
  void fill(Recorder& recorder) {
    ASSERT_EQ(key_picture(recorder).value(), Fate::recorded);
    for (int i = 0; i < 1000; ++i) {
      const auto fate = next_picture(recorder);
      ASSERT_TRUE(fate);
      if (*fate == Fate::dropped) return;
    }
    FAIL() << "a thousand pictures fit";
  }
  /// What is in the pipe now.
  void read_some() {
    std::array<std::byte, 4096> bytes;
    const ssize_t got = ::read(reader_, bytes.data(), bytes.size());
    if (got > 0) read_.insert(read_.end(), bytes.begin(), bytes.begin() + got);
  }
  void read_until_written(Recorder& recorder) {
    while (recorder.recorded().queued > 0) read_some();
  }
  /// To the end of the file, which finish() makes.
  std::thread read_on() {
    return std::thread([this] {
      std::array<std::byte, 4096> bytes;
      for (;;) {
        pollfd entry{reader_, POLLIN, 0};
        ::poll(&entry, 1, -1);
        const ssize_t got = ::read(reader_, bytes.data(), bytes.size());
        if (got == 0) return;
        if (got > 0) read_.insert(read_.end(), bytes.begin(), bytes.begin() + got);
      }
    });
  }

  int reader_ = -1;
  Bytes read_;
};

TEST_F(RecorderQueueTest, ASlowDiskCostsPicturesUpToTheNextKeyFrameAndNothingElse) {
  auto recorder = create();
  ASSERT_TRUE(recorder);
  fill(*recorder);
  const std::uint64_t first = recorder->recorded().pictures;
  EXPECT_GT(first, 10U);
  EXPECT_LE(recorder->recorded().queued_bytes, options_.queue_bytes);
  read_until_written(*recorder);
  EXPECT_EQ(next_picture(*recorder).value(), Fate::dropped);  // what it refers to is missing
  EXPECT_EQ(key_picture(*recorder).value(), Fate::recorded);
  EXPECT_EQ(next_picture(*recorder).value(), Fate::recorded);
  auto reader = read_on();
  EXPECT_TRUE(recorder->finish());
  reader.join();
  EXPECT_EQ(recorder->recorded().pictures, first + 2);
  EXPECT_EQ(recorder->recorded().dropped, 2U);
  EXPECT_EQ(recorder->recorded().skipped, 0U);
  EXPECT_EQ(recorder->recorded().queued, 0U);
  EXPECT_LE(recorder->recorded().most_queued_bytes, options_.queue_bytes);
  EXPECT_EQ(pictures(read_), std::pair(std::size_t{first + 2}, NalKind::sps));
}

TEST_F(RecorderQueueTest, AFullQueueDoesNotGoOnAtAKeyFrameThatWouldFillItAgain) {
  auto recorder = create();
  ASSERT_TRUE(recorder);
  fill(*recorder);
  EXPECT_FALSE(recorder->wants_key_frame(0));
  EXPECT_EQ(key_picture(*recorder).value(), Fate::dropped);
  read_until_written(*recorder);
  EXPECT_TRUE(recorder->wants_key_frame(0));
  EXPECT_EQ(key_picture(*recorder).value(), Fate::recorded);
  EXPECT_FALSE(recorder->wants_key_frame(0));
  auto reader = read_on();
  EXPECT_TRUE(recorder->finish());
  reader.join();
}

TEST_F(RecorderQueueTest, NoMoreThanTheGivenTimeWaits) {
  options_.queue_bytes = 1 << 30;
  options_.queue_ns = 10 * kPictureNs;
  auto recorder = create();
  ASSERT_TRUE(recorder);
  fill(*recorder);
  EXPECT_EQ(recorder->recorded().queued, 10U);
  auto reader = read_on();
  EXPECT_TRUE(recorder->finish());
  reader.join();
}

TEST_F(RecorderQueueTest, ASourceThatCanWaitLosesNothing) {
  options_.wait_for_disk = true;
  auto recorder = create();
  ASSERT_TRUE(recorder);
  auto reader = read_on();
  ASSERT_EQ(key_picture(*recorder).value(), Fate::recorded);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(next_picture(*recorder).value(), Fate::recorded);
  EXPECT_TRUE(recorder->finish());
  reader.join();
  EXPECT_EQ(recorder->recorded().dropped, 0U);
  EXPECT_EQ(pictures(read_).first, 201U);
}

TEST_F(RecorderQueueTest, AReaderThatGoesAwayEndsItAndIsToldOnce) {
  auto recorder = create();
  ASSERT_TRUE(recorder);
  fill(*recorder);
  close_reader();
  Result<void> told = settle(*recorder);
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, std::errc::broken_pipe);
  EXPECT_NE(told.error().where.find("Failed to write frame data to"), std::string::npos);
  EXPECT_TRUE(recorder->check());
  EXPECT_TRUE(recorder->finish());
  EXPECT_LT(recorder->recorded().pictures, 10U);
  EXPECT_EQ(recorder->recorded().queued_bytes, 0U);
}

TEST_F(RecorderQueueTest, AFileThatCannotBeBegunLaterIsToldWithItsName) {
  fs::remove(options_.path);
  options_.segment_keys = 1;
  auto recorder = create();
  ASSERT_TRUE(recorder);
  ASSERT_TRUE(key(*recorder));
  fs::create_directory(segment_path(options_.path, 2));
  const Result<void> told = key(*recorder);
  ASSERT_FALSE(told);
  EXPECT_NE(told.error().where.find("clip-00002.h264"), std::string::npos);
  EXPECT_TRUE(recorder->finish());
  EXPECT_EQ(recorder->recorded().files, std::vector<std::string>{segment_path(options_.path, 1)});
  EXPECT_EQ(recorder->recorded().pictures, 1U);
}

}  // namespace
}  // namespace vsl::avformat
