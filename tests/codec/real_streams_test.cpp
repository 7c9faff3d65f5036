// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>

#include <random>

#include "tests/codec/codecs.hpp"

namespace vsl {
namespace {

struct RealStream {
  const char* file;
  Fourcc codec;
  std::size_t pictures;
};

const RealStream kStreams[] = {
    {"BA_MW_D.264", fourcc("H264"), 100},
    {"BA_MW_D_IDR_LOST.264", fourcc("H264"), 70},
    {"MR1_BT_A.h264", fourcc("H264"), 62},
    {"SVA_NL1_B.264", fourcc("H264"), 17},
    {"VID_1920x1080_cabac_temporal_direct.264", fourcc("H264"), 54},
    {"Zhling_1280x720.264", fourcc("H264"), 19},
    {"girlshy.h265", fourcc("HEVC"), 75},
    {"test_cif_P_CABAC_slice.264", fourcc("H264"), 300},
};

class RealStreamTest : public testing::TestWithParam<RealStream> {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(VSL_SOURCE_DIR) / "../shared/data" / GetParam().file;
    if (!std::filesystem::exists(path_)) GTEST_SKIP() << path_ << " is not there";
    stream_ = test::read_file(path_);
    expected_ = test::output_of("ffmpeg -v quiet -i '" + path_.string() +
                                "' -fps_mode passthrough -f rawvideo -");
    ASSERT_FALSE(expected_.empty()) << "ffmpeg did not decode " << path_;
  }

  // That the pictures are those of ffmpeg to the last bit, in its order.
  void decode(const std::function<std::size_t()>& chunk_bytes, bool low_latency = false) {
    auto decoder = Decoder::create({.codec = GetParam().codec, .low_latency = low_latency});
    ASSERT_TRUE(decoder) << decoder.error().message();
    std::size_t pictures = 0, different = 0, position = 0;
    test::decode_stream(*decoder, stream_, chunk_bytes, [&](Frame& picture) {
      const auto pixels = test::pixels_of(picture);
      const bool fits = position + pixels.size() <= expected_.size();
      const auto at = expected_.begin() + static_cast<std::ptrdiff_t>(position);
      if (!fits || !std::equal(pixels.begin(), pixels.end(), at)) ++different;
      position += pixels.size();
      ++pictures;
    });
    EXPECT_EQ(pictures, GetParam().pictures);
    EXPECT_EQ(different, 0u);
    EXPECT_EQ(position, expected_.size());
    EXPECT_EQ(decoder->stats().copies, 0u);
  }

  std::filesystem::path path_;
  test::Bytes stream_, expected_;
};

TEST_P(RealStreamTest, DecodesAsFfmpegDoesWhole) {
  decode([this] { return stream_.size(); });
}

TEST_P(RealStreamTest, DecodesAsFfmpegDoesInChunksOfAnySize) {
  std::minstd_rand random(7);
  std::uniform_int_distribution<std::size_t> size(1, 5000);
  decode([&] { return size(random); }, true);
}

TEST_P(RealStreamTest, DecodesAsFfmpegDoesByteByByte) {
  decode([] { return std::size_t{1}; });
}

INSTANTIATE_TEST_SUITE_P(Of, RealStreamTest, testing::ValuesIn(kStreams), [](const auto& stream) {
  std::string name = stream.param.file;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace vsl
