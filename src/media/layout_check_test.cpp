// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/layout_check.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace vsl {
namespace {

constexpr std::uint64_t kNv12Bytes = 1920 * 1080 * 3 / 2;

Layout nv12() { return *Layout::packed(fourcc("NV12"), 1920, 1080); }

bool accepted(const Layout& layout, std::vector<std::uint64_t> sizes = {kNv12Bytes}) {
  const auto checked = check_layout(layout, sizes);
  EXPECT_TRUE(checked || checked.error().code == std::errc::invalid_argument);
  return checked.has_value();
}

TEST(LayoutCheckTest, AcceptsWhatPackedMakesAndALargerBuffer) {
  EXPECT_TRUE(accepted(nv12()));
  EXPECT_TRUE(accepted(nv12(), {kNv12Bytes + 4096}));
  EXPECT_TRUE(accepted(Layout::opaque(fourcc("H264"), 1920, 1080, 100), {100}));
  EXPECT_TRUE(accepted(Layout::opaque(fourcc("NV12"), 9, 5, 65), {65}));
}

TEST(LayoutCheckTest, AcceptsALastRowWithoutItsPadding) {
  Layout layout = *Layout::packed(fourcc("GREY"), 100, 10, 64);
  layout.buffer_bytes[0] = 9 * 128 + 100;
  EXPECT_TRUE(accepted(layout, {layout.buffer_bytes[0]}));
  layout.buffer_bytes[0] -= 1;
  EXPECT_FALSE(accepted(layout, {layout.buffer_bytes[0]}));
}

TEST(LayoutCheckTest, RefusesAStrideThatOthersReadAsANegativeOne) {
  Layout layout = *Layout::packed(fourcc("GREY"), 100, 1);
  layout.planes[0].stride_bytes = 0x7fffffff;
  EXPECT_TRUE(accepted(layout, {layout.buffer_bytes[0]}));
  layout.planes[0].stride_bytes = 0x80000000;
  EXPECT_FALSE(accepted(layout, {layout.buffer_bytes[0]}));
}

TEST(LayoutCheckTest, AcceptsPlanesInBuffersOfTheirOwn) {
  Layout layout = nv12();
  layout.buffer_count = 2;
  layout.buffer_bytes = {1920 * 1080, 1920 * 540};
  layout.planes[1] = {.offset_bytes = 0, .stride_bytes = 1920, .buffer = 1};
  EXPECT_TRUE(accepted(layout, {1920 * 1080, 1920 * 540}));
  EXPECT_FALSE(accepted(layout, {1920 * 1080, 1920 * 540 - 1}));
  EXPECT_FALSE(accepted(layout, {1920 * 1080}));
}

TEST(LayoutCheckTest, RefusesABufferSmallerThanTheLayout) {
  EXPECT_FALSE(accepted(nv12(), {kNv12Bytes - 1}));
  EXPECT_FALSE(accepted(nv12(), {}));
  EXPECT_FALSE(accepted(nv12(), {kNv12Bytes, kNv12Bytes}));
}

TEST(LayoutCheckTest, RefusesCountsThatCannotBe) {
  for (const std::uint32_t count : {0U, 1U, 3U, 5U, 0xffffffffU}) {
    Layout layout = nv12();
    layout.plane_count = count;
    EXPECT_FALSE(accepted(layout)) << count;
  }
  for (const std::uint32_t count : {0U, 2U, 5U, 0xffffffffU}) {
    Layout layout = nv12();
    layout.buffer_count = count;
    EXPECT_FALSE(accepted(layout)) << count;
  }
}

TEST(LayoutCheckTest, RefusesPlanesOutsideTheirBuffer) {
  Layout layout = nv12();
  layout.planes[1].offset_bytes += 1;
  EXPECT_FALSE(accepted(layout));
  layout.planes[1].offset_bytes = ~std::uint64_t{0};
  EXPECT_FALSE(accepted(layout));
  layout = nv12();
  layout.planes[1].buffer = 1;
  EXPECT_FALSE(accepted(layout));
  Layout coded = Layout::opaque(fourcc("H264"), 0, 0, 100);
  coded.planes[0].offset_bytes = 101;
  EXPECT_FALSE(accepted(coded, {100}));
}

TEST(LayoutCheckTest, RefusesAStrideSmallerThanARowOrHuge) {
  for (const std::uint32_t stride : {0U, 1919U, 0xffffffffU}) {
    Layout layout = nv12();
    layout.planes[0].stride_bytes = stride;
    EXPECT_FALSE(accepted(layout)) << stride;
  }
}

TEST(LayoutCheckTest, RefusesSidesThatCannotBe) {
  for (const std::uint32_t side : {0U, 65537U, 0xffffffffU}) {
    Layout layout = nv12();
    layout.width_px = side;
    EXPECT_FALSE(accepted(layout)) << side;
    layout = nv12();
    layout.height_px = side;
    EXPECT_FALSE(accepted(layout)) << side;
  }
}

/// Every byte a reader would touch is inside the buffers.
void expect_inside(const Layout& layout, const std::vector<std::uint64_t>& sizes) {
  for (std::size_t i = 0; i < layout.plane_count; ++i) {
    ASSERT_LT(layout.planes[i].buffer, sizes.size());
    const std::uint64_t size = sizes[layout.planes[i].buffer];
    ASSERT_LE(layout.planes[i].offset_bytes, size);
    ASSERT_LE(layout.plane_bytes(i), size - layout.planes[i].offset_bytes);
    if (layout.plane_row_bytes(i) == 0) continue;
    const std::uint64_t rows = layout.plane_rows(i);
    ASSERT_EQ(layout.plane_bytes(i),
              (rows - 1) * layout.planes[i].stride_bytes + layout.plane_row_bytes(i));
  }
}

TEST(LayoutCheckTest, SurvivesRandomBytesAndLetsNoReaderOut) {
  std::mt19937_64 random(20240607);  // the same bytes in every run
  constexpr Fourcc kFormats[] = {fourcc("NV12"), fourcc("YUYV"), fourcc("I420"), fourcc("H264"),
                                 fourcc("GREY")};
  int good = 0;
  for (int round = 0; round < 200'000; ++round) {
    Layout layout = *Layout::packed(kFormats[0], 64, 48);
    if (round % 3 == 0) {
      // all of it garbage
      for (std::size_t i = 0; i + 8 <= sizeof layout; i += 8) {
        const std::uint64_t word = random() >> (random() % 64);
        std::memcpy(reinterpret_cast<unsigned char*>(&layout) + i, &word, sizeof word);
      }
    } else {
      // a good one with a field or two overwritten
      layout.fourcc = kFormats[random() % std::size(kFormats)];
      const std::size_t at = random() % (sizeof layout / 4) * 4;
      const auto word = static_cast<std::uint32_t>(random() >> (random() % 64));
      std::memcpy(reinterpret_cast<unsigned char*>(&layout) + at, &word, sizeof word);
    }
    std::vector<std::uint64_t> sizes(random() % 6, random() % 3 != 0 ? 4608 : random());
    if (round % 2 == 0) sizes.assign(1, 4608);
    for (std::size_t i = 0; i < kMaxPlanes + 2; ++i) {  // unchecked layouts must not hurt either
      (void)layout.plane_rows(i);
      (void)layout.plane_row_bytes(i);
      (void)layout.plane_bytes(i);
    }
    if (!check_layout(layout, sizes)) continue;
    ++good;
    expect_inside(layout, sizes);
  }
  EXPECT_GT(good, 1000);  // else the loop tests nothing
}

}  // namespace
}  // namespace vsl
