// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/format_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vsl {
namespace {

Fourcc code(const std::string& text) {
  const char letters[5] = {text[0], text[1], text[2], text[3], '\0'};
  return fourcc(letters);
}

/// What a 9×5 and an 8×4 picture take, worked out by hand from the definition of each format.
struct Sizes {
  std::vector<std::string> codes;
  std::uint32_t planes;
  std::uint64_t odd_bytes, even_bytes;
};

const std::vector<Sizes> kSizes = {
    {{"RGBA", "RGBX", "BGRA", "BGRX", "RGBx", "BGRx", "xRGB", "xBGR", "ARGB", "ABGR",
      "RGB4", "BGR4", "AR24", "XR24", "AB24", "XB24", "RA24", "RX24", "BA24", "BX24"},
     1,
     180,
     128},
    {{"RGB3", "BGR3", "RG24", "BG24"}, 1, 135, 96},
    {{"RGBP", "RGBR", "RG16", "BG16", "Y10 ", "Y12 ", "Y14 ", "Y16 ", "Z16 ", "RG10",
      "BA10", "GB10", "BG10", "RG12", "BA12", "GB12", "BG12", "GR16", "GB16", "BYR2"},
     1,
     90,
     64},
    {{"GREY", "Y800", "R8  ", "RGGB", "GRBG", "GBRG", "BA81"}, 1, 45, 32},
    {{"YUYV", "YUY2", "YVYU", "UYVY", "VYUY"}, 1, 100, 64},  // 5 pairs of 4 bytes, 5 rows
    {{"NV12", "NV21"}, 2, 75, 48},                           // 45 + 3 rows of 5 pairs
    {{"NV16", "NV61"}, 2, 95, 64},                           // 45 + 5 rows of 5 pairs
    {{"NV24", "NV42"}, 2, 135, 96},
    {{"P010"}, 2, 150, 96},
    {{"I420", "YU12", "YV12"}, 3, 75, 48},
    {{"Y42B", "422P", "YU16", "YV16"}, 3, 95, 64},
    {{"YU24", "YV24"}, 3, 135, 96},
};

TEST(FormatTableTest, SizesEveryFormatWithOddSidesRoundedUp) {
  for (const Sizes& row : kSizes) {
    for (const std::string& text : row.codes) {
      const auto odd = Layout::packed(code(text), 9, 5);
      const auto even = Layout::packed(code(text), 8, 4);
      ASSERT_TRUE(odd && even) << text;
      EXPECT_EQ(odd->plane_count, row.planes) << text;
      EXPECT_EQ(odd->buffer_bytes[0], row.odd_bytes) << text;
      EXPECT_EQ(even->buffer_bytes[0], row.even_bytes) << text;
    }
  }
}

TEST(FormatTableTest, KnowsNoFormatForCodedDataOrGarbage) {
  for (const char* text : {"H264", "HEVC", "MJPG", "JPEG", "zzzz", "    ", "nv12"}) {
    EXPECT_EQ(find_format(code(text)), nullptr) << text;
  }
  EXPECT_EQ(find_format(Fourcc{0}), nullptr);
  EXPECT_EQ(find_format(Fourcc{0xffffffff}), nullptr);
}

TEST(FormatTableTest, ListsTheCodedFormatsOfRelease25AndNoOther) {
  for (const char* text :
       {"MJPG", "JPEG", "H264", "AVC1", "M264", "HEVC", "VP80", "VP90", "MPG1", "MPG2", "MPG4"}) {
    EXPECT_TRUE(is_compressed(code(text))) << text;
  }
  for (const char* text : {"AV1F", "FWHT", "S264", "NV12", "YUYV", "GREY"}) {
    EXPECT_FALSE(is_compressed(code(text))) << text;
  }
}

TEST(FormatTableTest, GivesTheStrideOfRelease25) {
  const auto stride = [](const char* text) { return legacy_stride_bytes(code(text), 9); };
  for (const char* text : {"RGBA", "RGBX", "BGRA", "BGRX"}) EXPECT_EQ(stride(text), 36U) << text;
  for (const char* text : {"RGB3", "BGR3"}) EXPECT_EQ(stride(text), 27U) << text;
  for (const char* text : {"YUYV", "YUY2", "YVYU", "UYVY", "VYUY"}) {
    EXPECT_EQ(stride(text), 18U) << text;
  }
  for (const char* text : {"NV12", "NV21", "I420", "YV12"}) EXPECT_EQ(stride(text), 13U) << text;
  for (const char* text : {"NV16", "NV61"}) EXPECT_EQ(stride(text), 18U) << text;
  for (const char* text : {"ARGB", "GREY", "RG16", "NV24", "P010", "RGBx", "H264", "zzzz"}) {
    EXPECT_EQ(stride(text), 0U) << text;
  }
}

TEST(FormatTableTest, GivesALegacyStrideToEveryWidthWithoutOverflow) {
  EXPECT_EQ(legacy_stride_bytes(fourcc("RGBA"), 0xffffffff), 4 * std::uint64_t{0xffffffff});
}

TEST(FourccTest, PrintsItsLettersAndHidesTheRest) {
  EXPECT_EQ(fourcc("NV12").to_string(), "NV12");
  EXPECT_EQ(fourcc("Y16 ").to_string(), "Y16 ");
  EXPECT_EQ(Fourcc{0x1b0a41ff}.to_string(), "?A??");
  EXPECT_EQ(fourcc("YUYV").code, 0x56595559U);
}

}  // namespace
}  // namespace vsl
