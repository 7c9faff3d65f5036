// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/recorder.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "avformat/demuxer.hpp"
#include "avformat/recorder_testing.hpp"

namespace vsl::avformat {
namespace {

class RecorderTest : public testing::Test, protected RecorderFolder {};

TEST_F(RecorderTest, BeginsAtAKeyFrameWithItsParameterSets) {
  auto recorder = create();
  ASSERT_TRUE(recorder);
  ASSERT_TRUE(other(*recorder));
  ASSERT_TRUE(other(*recorder));
  // Sets alone, long before the key frame that needs them.
  ASSERT_TRUE(write(*recorder, {test::h264_sps(), test::h264_pps()}));
  ASSERT_TRUE(other(*recorder));
  ASSERT_TRUE(write(*recorder, {test::h264_slice({.header = 0x65})}));
  ASSERT_TRUE(other(*recorder));
  ASSERT_TRUE(recorder->finish());
  EXPECT_EQ(recorder->recorded().skipped, 3U);
  EXPECT_EQ(recorder->recorded().pictures, 2U);
  EXPECT_EQ(pictures(options_.path), std::pair(std::size_t{2}, NalKind::sps));
}

TEST_F(RecorderTest, WritesEveryByteOfThePicturesAsTheyCame) {
  auto recorder = create();
  ASSERT_TRUE(recorder);
  const std::vector<Bytes> first{test::h264_sps(), test::h264_pps(),
                                 test::h264_slice({.header = 0x65})};
  const std::vector<Bytes> second{test::h264_slice({.frame_num = 1})};
  ASSERT_TRUE(write(*recorder, first));
  ASSERT_TRUE(write(*recorder, second));
  ASSERT_TRUE(recorder->finish());
  Bytes expected = test::annex_b(first, true);
  const Bytes more = test::annex_b(second, true);
  expected.insert(expected.end(), more.begin(), more.end());
  EXPECT_EQ(content(options_.path), expected);
  EXPECT_EQ(recorder->recorded().duration_ns, 2 * kPictureNs);
}

TEST_F(RecorderTest, GoesOnAtAKeyFrameAfterPicturesWereLost) {
  auto recorder = create();
  ASSERT_TRUE(recorder);
  ASSERT_TRUE(key(*recorder));
  ASSERT_TRUE(other(*recorder));
  recorder->lost_pictures();
  ASSERT_TRUE(other(*recorder));
  ASSERT_TRUE(key(*recorder));
  ASSERT_TRUE(recorder->finish());
  EXPECT_EQ(pictures(options_.path).first, 3U);
  EXPECT_EQ(recorder->recorded().skipped, 1U);
  EXPECT_EQ(recorder->recorded().files.size(), 1U);
}

TEST_F(RecorderTest, BeginsAnotherFileWhenThePicturesChangeTheirSize) {
  auto recorder = create();
  ASSERT_TRUE(recorder);
  ASSERT_TRUE(key(*recorder));
  ASSERT_TRUE(other(*recorder));
  ASSERT_TRUE(key(*recorder, test::h264_sps({.width_macroblocks = 40})));
  ASSERT_TRUE(recorder->finish());
  EXPECT_EQ(names(), (std::vector<std::string>{"clip-00002.h264", "clip.h264"}));
  EXPECT_EQ(pictures(folder_ / "clip-00002.h264"), std::pair(std::size_t{1}, NalKind::sps));
  EXPECT_EQ(recorder->recorded().sequence.visible.width, 640);
}

TEST_F(RecorderTest, CutsSegmentsByTimeAtKeyFrames) {
  options_.segment_ns = 5 * kPictureNs;
  auto recorder = create();
  ASSERT_TRUE(recorder);
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(i % 4 == 0 ? key(*recorder) : other(*recorder));
  ASSERT_TRUE(recorder->finish());
  EXPECT_EQ(names(), (std::vector<std::string>{"clip-00001.h264", "clip-00002.h264"}));
  for (const std::string& name : names()) {
    EXPECT_EQ(pictures(folder_ / name), std::pair(std::size_t{8}, NalKind::sps)) << name;
  }
  EXPECT_EQ(recorder->recorded().duration_ns, 16 * kPictureNs);
}

TEST_F(RecorderTest, CutsSegmentsBySizeAndByKeyFrames) {
  options_.segment_keys = 2;
  auto recorder = create();
  ASSERT_TRUE(recorder);
  EXPECT_FALSE(recorder->wants_key_frame(0));
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(key(*recorder));
  ASSERT_TRUE(recorder->finish());
  EXPECT_EQ(recorder->recorded().files.size(), 3U);

  options_.segment_keys = 0;
  options_.segment_bytes = 1;
  auto by_size = create();
  ASSERT_TRUE(by_size);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(i % 2 == 0 ? key(*by_size) : other(*by_size));
  ASSERT_TRUE(by_size->finish());
  EXPECT_EQ(by_size->recorded().files.size(), 4U);
}

TEST_F(RecorderTest, AsksForAKeyFrameWhenASegmentIsFull) {
  options_.segment_ns = 2 * kPictureNs;
  auto recorder = create();
  ASSERT_TRUE(recorder);
  EXPECT_FALSE(recorder->wants_key_frame(10 * kPictureNs));
  ASSERT_TRUE(key(*recorder));
  EXPECT_FALSE(recorder->wants_key_frame(kPictureNs));
  EXPECT_TRUE(recorder->wants_key_frame(2 * kPictureNs));
}

TEST_F(RecorderTest, LeavesAnOlderFileAloneUntilThereIsAPicture) {
  std::ofstream(options_.path) << "older";
  {
    auto recorder = create();
    ASSERT_TRUE(recorder);
    ASSERT_TRUE(other(*recorder));
    ASSERT_TRUE(recorder->finish());
  }
  EXPECT_EQ(content(options_.path).size(), 5U);
  auto recorder = create();
  ASSERT_TRUE(recorder);
  ASSERT_TRUE(key(*recorder));
  ASSERT_TRUE(recorder->finish());
  EXPECT_EQ(pictures(options_.path), std::pair(std::size_t{1}, NalKind::sps));
}

TEST_F(RecorderTest, LeavesNoEmptyFile) {
  { ASSERT_TRUE(Recorder::create(options_)); }
  EXPECT_EQ(names(), std::vector<std::string>());
}

TEST_F(RecorderTest, RefusesAFileThatAnotherRecorderWrites) {
  const auto first = create();
  ASSERT_TRUE(first);
  const auto second = create();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, std::errc::device_or_resource_busy);
  EXPECT_TRUE(fs::exists(options_.path));
}

TEST_F(RecorderTest, SaysWhatIsWrongWithTheFileBeforeThereIsAPicture) {
  options_.path = folder_ / "none" / "clip.h264";
  const auto missing = create();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, std::errc::no_such_file_or_directory);
  EXPECT_NE(missing.error().where.find("Failed to create output file"), std::string::npos);
  options_.path = folder_;
  EXPECT_FALSE(Recorder::create(options_));
}

TEST_F(RecorderTest, ADeviceWithoutRoomSaysSo) {
  options_.path = "/dev/full";
  auto recorder = create();
  ASSERT_TRUE(recorder);
  const Result<void> written = key(*recorder);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, std::errc::no_space_on_device);
  EXPECT_EQ(recorder->recorded().pictures, 0U);
  EXPECT_TRUE(recorder->finish());
}

/// Files can become so large and no larger, as on a disk that is full, while it lives.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

class FullDiskTest : public RecorderTest, public testing::WithParamInterface<const char*> {};

TEST_P(FullDiskTest, KeepsThePicturesThatFitAndNothingOfTheNext) {
  options_.path = folder_ / GetParam();
  options_.mp4 = std::string_view(GetParam()).ends_with("mp4");
  constexpr rlim_t kMostBytes = 3000;
  auto recorder = create();
  ASSERT_TRUE(recorder);
  Result<void> written;
  std::uint64_t tried = 0;
  {
    const SizeLimit limit(kMostBytes);
    for (; written && tried < 1000; ++tried) {
      written = tried == 0 ? key(*recorder) : other(*recorder);
    }
    EXPECT_TRUE(recorder->finish());  // the failure was told already
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, std::errc::file_too_large);
  const std::uint64_t kept = recorder->recorded().pictures;
  EXPECT_GT(kept, 1U);
  EXPECT_LT(kept, tried);
  EXPECT_LE(fs::file_size(options_.path), kMostBytes);
  if (!options_.mp4) {
    EXPECT_EQ(pictures(options_.path).first, kept);
  }
}
INSTANTIATE_TEST_SUITE_P(Files, FullDiskTest, testing::Values("clip.h264", "clip.mp4"),
                         [](const auto& name) { return std::string(name.param).substr(5); });

TEST_F(RecorderTest, RubbishIsSkippedAndCostsNoMemory) {
  auto recorder = create();
  ASSERT_TRUE(recorder);
  const Bytes rubbish(100'000, std::byte{0x55});
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(recorder->write({VideoCodec::h264, rubbish, i, i}));
    ASSERT_TRUE(recorder->write({VideoCodec::h264, {}, i, i}));
  }
  EXPECT_EQ(recorder->recorded().skipped, 200U);
  ASSERT_TRUE(key(*recorder));
  ASSERT_TRUE(recorder->finish());
  EXPECT_EQ(pictures(options_.path), std::pair(std::size_t{1}, NalKind::sps));
}

TEST_F(RecorderTest, ParameterSetsThatNobodyCanReadAreAnError) {
  auto recorder = create();
  ASSERT_TRUE(recorder);
  const Result<void> written = key(*recorder, Bytes{std::byte{0x67}, std::byte{0xff}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, std::errc::illegal_byte_sequence);
}

TEST_F(RecorderTest, AMovieCanBeReadFromItsFirstPictureOn) {
  options_.path = folder_ / "clip.mp4";
  options_.mp4 = true;
  auto recorder = create();
  ASSERT_TRUE(recorder);
  ASSERT_TRUE(key(*recorder));
  EXPECT_EQ(boxes(content(options_.path), "moov"), 1U);
  EXPECT_EQ(boxes(content(options_.path), "moof"), 1U);
  for (int i = 1; i < 50; ++i) ASSERT_TRUE(i == 25 ? key(*recorder) : other(*recorder));
  ASSERT_TRUE(recorder->finish());
  // 13 alone in half a second, to the key frame at one second, half a second, the rest.
  EXPECT_EQ(boxes(content(options_.path), "moof"), 13U + 3U);
  const auto converted = mp4_to_annex_b(options_.path, folder_ / "back.h264", {}, nullptr);
  ASSERT_TRUE(converted) << converted.error().message();
  EXPECT_EQ(converted->frames, 50U);
  EXPECT_EQ(converted->key_frames, 2U);
}

// Times of the packets as a player sees them.
std::vector<std::int64_t> times_of(const fs::path& path) {
  std::vector<std::int64_t> times;
  auto demuxer = Demuxer::open(path);
  if (!demuxer) return times;
  for (;;) {
    const auto packet = demuxer->read();
    if (!packet || *packet == nullptr) return times;
    times.push_back(demuxer->describe(**packet).pts_ns.value_or(-1) / 1'000'000);
  }
}

TEST_F(RecorderTest, AMovieShowsEachPictureWhenItWasDueAlsoAfterPauses) {
  options_.path = folder_ / "clip.mp4";
  options_.mp4 = true;
  std::vector<std::int64_t> due;
  for (const std::int64_t sync_every : {0, 1}) {  // fragments that end by themselves, and early
    options_.sync_every = static_cast<std::uint64_t>(sync_every);
    due.clear();
    index_ = 0;
    {
      auto recorder = create();
      ASSERT_TRUE(recorder) << recorder.error().message();
      // Pauses within a group of pictures, before a key frame, and pictures that come early.
      for (const std::int64_t at : {0, 1, 2, 50, 51, 75, 150, 151, 153, 200, 201, 202, 300}) {
        index_ = at;
        due.push_back(at * kPictureNs / 1'000'000);
        ASSERT_TRUE(at % 75 == 0 ? key(*recorder) : other(*recorder));
      }
      ASSERT_TRUE(recorder->finish());
    }
    EXPECT_EQ(times_of(options_.path), due) << "sync every " << sync_every;
  }
}

TEST_F(RecorderTest, FaststartLeavesOneIndexInFrontAndNoOtherFile) {
  options_.path = folder_ / "clip.mp4";
  options_.mp4 = options_.faststart = true;
  auto recorder = create();
  ASSERT_TRUE(recorder);
  ASSERT_TRUE(key(*recorder));
  for (int i = 1; i < 30; ++i) ASSERT_TRUE(other(*recorder));
  EXPECT_GT(boxes(content(options_.path), "moof"), 0U);
  ASSERT_TRUE(recorder->finish());
  const Bytes file = content(options_.path);
  EXPECT_EQ(boxes(file, "moof"), 0U);
  const std::string text(reinterpret_cast<const char*>(file.data()), file.size());
  EXPECT_LT(text.find("moov"), text.find("mdat"));
  EXPECT_EQ(names(), std::vector<std::string>{"clip.mp4"});
  const auto converted = mp4_to_annex_b(options_.path, folder_ / "back.h264", {}, nullptr);
  ASSERT_TRUE(converted);
  EXPECT_EQ(converted->frames, 30U);
  EXPECT_EQ(converted->duration_ms, 1200);
}

TEST_F(RecorderTest, FaststartLeavesAFileAloneThatItCannotRewrite) {
  const fs::path path = folder_ / "clip.mp4";
  std::ofstream(path) << "no movie";
  EXPECT_FALSE(make_faststart(path));
  EXPECT_EQ(content(path).size(), 8U);
  EXPECT_EQ(names(), std::vector<std::string>{"clip.mp4"});
}

TEST(SegmentPathTest, PutsTheNumberBeforeTheExtensionOfTheName) {
  EXPECT_EQ(segment_path("a/clip.mp4", 3), "a/clip-00003.mp4");
  EXPECT_EQ(segment_path("a.b/clip", 12), "a.b/clip-00012");
  EXPECT_EQ(segment_path(".mp4", 1), ".mp4-00001");
  EXPECT_EQ(segment_path("clip.x.h264", 123456), "clip.x-123456.h264");
}

}  // namespace
}  // namespace vsl::avformat
