// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "values.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace vsl::command {
namespace {

// The sentence for the user; empty when the value was taken.
template <class T>
std::string complaint(const Result<T>& result) {
  return result ? "" : result.error().where;
}

TEST(ResolutionTest, TakesEitherSeparator) {
  EXPECT_EQ(*parse_resolution("1920x1080"), (Resolution{1920, 1080}));
  EXPECT_EQ(*parse_resolution("640*480"), (Resolution{640, 480}));
}

TEST(ResolutionTest, QuotesTheWholeTextAndNamesTheWrongHalf) {
  EXPECT_EQ(complaint(parse_resolution("1920")),
            "Invalid resolution format (expected WxH or W*H): '1920'");
  EXPECT_EQ(complaint(parse_resolution("ax1080")), "Invalid width in resolution: 'ax1080'");
  EXPECT_EQ(complaint(parse_resolution("1920x1080x60")),
            "Invalid height in resolution: '1920x1080x60'");
  EXPECT_EQ(complaint(parse_resolution("0x1080")),
            "Resolution dimensions must be positive: '0x1080'");
  EXPECT_EQ(complaint(parse_resolution("16x-9")),
            "Resolution dimensions must be positive: '16x-9'");
  EXPECT_FALSE(parse_resolution("1920 x1080"));
  EXPECT_FALSE(parse_resolution("9999999999x1"));
}

TEST(FourccTest, TakesAnyFourBytesInTheirOrder) {
  EXPECT_EQ(parse_fourcc("YUYV")->code, 0x56595559u);
  EXPECT_EQ(parse_fourcc("HEVC")->code, 0x43564548u);
  EXPECT_EQ(complaint(parse_fourcc("NV1")), "FOURCC must be exactly 4 characters: 'NV1'");
  EXPECT_FALSE(parse_fourcc("NV122"));
}

TEST(BitrateTest, KnowsItsSuffixesInAnyCaseAndWithBlanks) {
  EXPECT_EQ(*parse_bitrate_kbps("25000"), 25000u);
  EXPECT_EQ(*parse_bitrate_kbps("25 MBPS"), 25000u);
  EXPECT_EQ(*parse_bitrate_kbps("500kbps"), 500u);
}

TEST(BitrateTest, RefusesDecimalsSignsAndOverflow) {
  for (const char* text : {"", "-1", "2.5Mbps", "8M", "Mbps", "4294968Mbps", "4294967296"}) {
    EXPECT_FALSE(parse_bitrate_kbps(text)) << text;
  }
}

TEST(FrameRateTest, TakesWholeNumbersFractionsAndDecimals) {
  EXPECT_EQ(*parse_frame_rate("30"), (FrameRate{30, 1}));
  EXPECT_EQ(*parse_frame_rate("30000/1001"), (FrameRate{30000, 1001}));
  EXPECT_EQ(*parse_frame_rate("29.97"), (FrameRate{2997, 100}));
  EXPECT_EQ(*parse_frame_rate("0.5"), (FrameRate{1, 2}));
}

TEST(FrameRateTest, RefusesZeroAndNonsense) {
  for (const char* text : {"0", "30/0", "0/1", "-30", "fast", "30.", ".5", "30/", "1.0000001"}) {
    EXPECT_FALSE(parse_frame_rate(text)) << text;
  }
}

TEST(FrameRateTest, RefusesRatesBeyondItsBoundsAndSaysThem) {
  for (const char* text : {"100000", "100000/1", "1/86400"}) {
    EXPECT_TRUE(parse_frame_rate(text)) << text;
  }
  for (const char* text : {"100000000", "100001", "4000000000/1001", "1/86401", "0.00001"}) {
    EXPECT_NE(complaint(parse_frame_rate(text)).find("100000 a second"), std::string::npos) << text;
  }
}

TEST(FrameRateTest, DoesNotDriftOverAYear) {
  const FrameRate ntsc{30000, 1001};
  EXPECT_EQ(ntsc.due_ns(1), 33'366'666);
  EXPECT_EQ(ntsc.due_ns(30000), 1'001'000'000'000);
  EXPECT_EQ(ntsc.due_ns(30000ull * 31536), 1'001'000'000'000ll * 31536);
}

TEST(CodecTest, KnowsBothCodecsByAllTheirNames) {
  for (const char* text : {"h264", "H.264", "avc", "H-264"}) {
    EXPECT_EQ(*parse_codec(text), VideoCodec::h264) << text;
  }
  for (const char* text : {"h265", "HEVC", "H.265"}) {
    EXPECT_EQ(*parse_codec(text), VideoCodec::hevc) << text;
  }
  EXPECT_NE(complaint(parse_codec("vp9")).find("Unsupported codec"), std::string::npos);
}

TEST(PolicyTest, ReadsOrderDepthAndStep) {
  EXPECT_EQ(parse_policy("newest")->order, Policy::Order::newest);
  EXPECT_EQ(parse_policy("in-order")->order, Policy::Order::in_order);
  EXPECT_EQ(parse_policy("in-order:7")->depth, 7u);
  EXPECT_EQ(parse_policy("every:3")->every, 3u);
  for (const char* text : {"", "every", "every:0", "in-order:0", "in-order:257", "newest:1"}) {
    EXPECT_FALSE(parse_policy(text)) << text;
  }
}

TEST(ModeTest, IsOctalAndBounded) {
  EXPECT_EQ(*parse_mode("0660"), 0660u);
  EXPECT_EQ(*parse_mode("600"), 0600u);
  for (const char* text : {"", "888", "7777", "rw"}) EXPECT_FALSE(parse_mode(text)) << text;
}

TEST(MemoryTest, NamesTheChoicesWhenItKnowsNone) {
  EXPECT_EQ(*parse_memory("udmabuf"), MemorySource::udmabuf);
  EXPECT_NE(complaint(parse_memory("ram")).find("dma-heap"), std::string::npos);
  EXPECT_EQ(*parse_access("read_write"), Access::read_write);
}

TEST(ValuesTest, TakesBackendsInAnyCaseButNoOthers) {
  EXPECT_TRUE(parse_backend("AUTO"));
  EXPECT_TRUE(parse_backend("software"));
  EXPECT_FALSE(parse_backend("zzz"));
}

TEST(ValuesTest, RefusesATimeoutThatIsNoNumber) {
  EXPECT_TRUE(check_timeout(-1));
  EXPECT_FALSE(check_timeout(std::numeric_limits<double>::quiet_NaN()));
}

}  // namespace
}  // namespace vsl::command
