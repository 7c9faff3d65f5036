// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "pattern.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace vsl::command {
namespace {

std::vector<std::byte> next_picture(TestPattern& pattern, const Layout& layout) {
  auto frame = Frame::allocate(layout, {MemorySource::memfd, {}, Access::read});
  EXPECT_TRUE(frame);
  EXPECT_TRUE(pattern.next());
  EXPECT_TRUE(pattern.fill(*frame));
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    const auto plane = frame->plane(i);
    bytes.insert(bytes.end(), plane.begin(), plane.end());
  }
  return bytes;
}

class TestPatternTest : public testing::TestWithParam<Fourcc> {};

TEST_P(TestPatternTest, IsDifferentInEveryFrameOfARound) {
  constexpr Resolution kSize{67, 35};
  TestPattern pattern(kSize, FrameRate{});
  const auto layout = Layout::packed(GetParam(), kSize.width_px, kSize.height_px, 64);
  ASSERT_TRUE(layout);
  std::vector<std::vector<std::byte>> seen;
  for (int i = 0; i < 17; ++i) {
    seen.push_back(next_picture(pattern, *layout));
    for (int earlier = 0; earlier < i; ++earlier) {
      ASSERT_NE(seen[static_cast<std::size_t>(earlier)], seen.back()) << earlier << " and " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, TestPatternTest,
                         testing::Values(fourcc("NV12"), fourcc("I420"), fourcc("NV16"),
                                         fourcc("YUYV"), fourcc("RGB3"), fourcc("BGRA"),
                                         fourcc("GREY"), fourcc("P010"), fourcc("RGGB")),
                         [](const auto& format) { return format.param.to_string(); });

TEST(TestPatternTest, KeepsLumaAndChromaTogetherAtOddSizes) {
  constexpr Resolution kSize{641, 359};
  constexpr int kLuma[] = {180, 162, 131, 112, 84, 65, 35, 16};
  constexpr int kCb[] = {128, 44, 156, 72, 184, 100, 212, 128};
  TestPattern pattern(kSize, FrameRate{});
  const auto layout = Layout::packed(fourcc("NV12"), kSize.width_px, kSize.height_px, 64);
  ASSERT_TRUE(layout);
  const std::size_t stride = layout->planes[0].stride_bytes;
  const std::size_t chroma = layout->plane_bytes(0);  // the planes stand one behind the other
  for (int i = 0; i < 200; ++i) {
    const auto bytes = next_picture(pattern, *layout);
    if (i % 20 != 0) continue;
    int matching = 0, all = 0;
    for (std::size_t y = 0; y < layout->plane_rows(1); y += 3) {
      for (std::size_t x = 0; x < kSize.width_px / 2; x += 5, ++all) {
        const int luma =
            std::to_integer<int>(bytes[std::min(2 * y, std::size_t{358}) * stride + 2 * x]);
        const int cb = std::to_integer<int>(bytes[chroma + y * stride + 2 * x]);
        for (int bar = 0; bar < 8; ++bar) matching += kLuma[bar] == luma && kCb[bar] == cb;
      }
    }
    EXPECT_GT(matching, all * 9 / 10) << "frame " << i;  // the rest is the bar that moves down
  }
}

TEST(TestPatternTimeTest, IsDueAtTheRateAskedFor) {
  TestPattern pattern({16, 16}, FrameRate{30000, 1001});
  EXPECT_EQ(**pattern.next(), 0);
  EXPECT_EQ(**pattern.next(), 33'366'666);
}

}  // namespace
}  // namespace vsl::command
