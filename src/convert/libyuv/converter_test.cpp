// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/libyuv/converter.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace vsl::convert {
namespace {

// A picture in memory of its own, in the library's layout of the format.
struct OwnPicture {
  OwnPicture(Fourcc fourcc, std::uint32_t width, std::uint32_t height)
      : layout(*Layout::packed(fourcc, width, height)), bytes(layout.buffer_bytes[0]) {}

  template <class Byte>
  BasicPicture<Byte> view() {
    return picture_of<Byte>(layout, [this](std::size_t i) {
      return std::span(bytes).subspan(layout.planes[i].offset_bytes, layout.plane_bytes(i));
    });
  }

  Layout layout;
  std::vector<std::uint8_t> bytes;
};

constexpr const char* kFormats[] = {
    "I420", "YU12", "YV12", "Y42B", "422P", "YU16", "YV16", "YU24", "NV12", "NV21", "NV16",
    "NV61", "NV24", "NV42", "YUYV", "YUY2", "YVYU", "UYVY", "VYUY", "RGBA", "RGBX", "BGRA",
    "BGRX", "ARGB", "ABGR", "RGBx", "BGRx", "xRGB", "xBGR", "AR24", "XR24", "AB24", "XB24",
    "RX24", "RA24", "BX24", "BA24", "RGB3", "BGR3", "RG24", "BG24"};

Fourcc code(const char* text) {
  const char characters[5] = {text[0], text[1], text[2], text[3], '\0'};
  return fourcc(characters);
}

class ConverterTest : public testing::TestWithParam<const char*> {};

TEST_P(ConverterTest, BringsAColourThroughTheFormatAndBack) {
  constexpr std::uint32_t kWidth = 35, kHeight = 17;  // odd: chroma is rounded up
  OwnPicture red(fourcc("RGB3"), kWidth, kHeight), there(code(GetParam()), kWidth, kHeight);
  for (std::size_t i = 0; i < red.bytes.size(); i += 3) red.bytes[i] = 255;
  Converter converter;
  ASSERT_TRUE(converter.convert(red.view<const std::uint8_t>(), there.view<std::uint8_t>()));
  std::vector<std::uint8_t> back(red.bytes.size());
  ASSERT_TRUE(converter.to_rgb24(there.view<const std::uint8_t>(), back));
  for (std::size_t i = 0; i < back.size(); ++i) {
    ASSERT_NEAR(back[i], red.bytes[i], 12) << "byte " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, ConverterTest, testing::ValuesIn(kFormats),
                         [](const auto& format) { return std::string(format.param); });

TEST(ConverterScaleTest, KeepsTheColourOfAScaledPicture) {
  OwnPicture from(fourcc("NV12"), 64, 48), to(fourcc("I420"), 33, 20);
  std::fill(from.bytes.begin(), from.bytes.end(), std::uint8_t{90});
  Converter converter;
  ASSERT_TRUE(converter.convert(from.view<const std::uint8_t>(), to.view<std::uint8_t>()));
  for (const std::uint8_t byte : to.bytes) ASSERT_EQ(byte, 90);
}

TEST(ConverterScaleTest, SaysWhichFormatItHasNoWayTo) {
  OwnPicture from(fourcc("NV12"), 16, 16), to(fourcc("RGGB"), 16, 16);
  Converter converter;
  const auto outcome = converter.convert(from.view<const std::uint8_t>(), to.view<std::uint8_t>());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, std::errc::not_supported);
  EXPECT_NE(outcome.error().where.find("RGGB"), std::string::npos);
}

}  // namespace
}  // namespace vsl::convert
