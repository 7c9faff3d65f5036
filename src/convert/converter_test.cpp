// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/convert.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "convert/reference_testing.hpp"
#include "media/format_table.hpp"

namespace vsl {
namespace {

using convert::reference::Canvas;
using convert::reference::code_of;
using convert::reference::Description;
using convert::reference::kDescriptions;
using convert::reference::Rgb;
using convert::reference::Space;

// Colours that no format clips, and that change little from one pixel to the next: subsampling and
// scaling lose next to nothing.
Rgb scene(double x, double y) { return {90 + 1.1 * x, 150 - 0.9 * y, 100 + 0.5 * x + 0.4 * y}; }

double luma(const Rgb& rgb) { return 0.299 * rgb.r + 0.587 * rgb.g + 0.114 * rgb.b; }

void paint(Canvas& canvas) {
  for (std::uint32_t y = 0; y < canvas.layout().height_px; ++y) {
    for (std::uint32_t x = 0; x < canvas.layout().width_px; ++x) canvas.set(x, y, scene(x, y));
  }
}

// The place in the source that a pixel of the target shows.
double source_of(std::uint32_t at, std::uint32_t to_size, int first, int size) {
  const double place = (at + 0.5) * size / to_size - 0.5;
  return first + std::min(std::max(place, 0.0), size - 1.0);
}

struct Difference {
  double worst = 0, squares = 0;
  std::size_t count = 0;
  void add(double expected, double got) {
    if (got < 0 && expected > 20) return;  // Bayer: not there
    const double difference = std::abs(expected - got);
    worst = std::max(worst, difference);
    squares += difference * difference;
    ++count;
  }
  double psnr_db() const {
    return 10 * std::log10(255 * 255 / std::max(squares / static_cast<double>(count), 1e-9));
  }
};

Difference compare(Canvas& to, bool grey, const Rect& crop) {
  Difference difference;
  for (std::uint32_t y = 0; y < to.layout().height_px; ++y) {
    for (std::uint32_t x = 0; x < to.layout().width_px; ++x) {
      const Rgb expected = scene(source_of(x, to.layout().width_px, crop.x, crop.width),
                                 source_of(y, to.layout().height_px, crop.y, crop.height));
      const Rgb got = to.get(x, y);
      const double same = luma(expected);
      difference.add(grey ? same : expected.r, got.r);
      difference.add(grey ? same : expected.g, got.g);
      difference.add(grey ? same : expected.b, got.b);
    }
  }
  return difference;
}

Converter converter() {
  auto made = Converter::create();
  EXPECT_TRUE(made) << made.error().message();
  return std::move(made).value();
}

// What formats do not say is BT.601, limited for YUV and full for grey.
Space usual_space(const Description& description) {
  return {.full = description.kind == 'g' || description.kind == 'b'};
}

TEST(ConverterFormatsTest, TheReferenceDescribesEveryFormatTheLibraryKnows) {
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 x";
  std::size_t known = 0;
  for (std::size_t code = 0;
       code < letters.size() * letters.size() * letters.size() * letters.size(); ++code) {
    std::size_t rest = code;
    char text[5]{};
    for (int i = 0; i < 4; ++i, rest /= letters.size()) text[i] = letters[rest % letters.size()];
    if (find_format(fourcc(text)) == nullptr) continue;
    ++known;
    EXPECT_TRUE(Converter::supports(fourcc(text))) << text;
  }
  EXPECT_EQ(known, std::size(kDescriptions));
}

class ConverterFormatsTest : public testing::TestWithParam<Description> {};

TEST_P(ConverterFormatsTest, BecomesEveryOtherFormat) {
  Converter own = converter();
  for (const Description& other : kDescriptions) {
    Canvas from(GetParam(), 60, 46, usual_space(GetParam()));
    Canvas to(other, 60, 46, usual_space(other));
    paint(from);
    const auto converted = own.convert(from.picture<Picture>(), to.picture<MutablePicture>());
    ASSERT_TRUE(converted) << converted.error().message();
    const auto difference = compare(to, from.is_grey() || to.is_grey(), {0, 0, 60, 46});
    const bool coarse = from.is_rgb565() || to.is_rgb565();
    EXPECT_LE(difference.worst, coarse ? 13 : 7) << GetParam().code << " to " << other.code;
    EXPECT_GE(difference.psnr_db(), coarse ? 35 : 40) << GetParam().code << " to " << other.code;
  }
}

std::string name_of(const testing::TestParamInfo<Description>& info) {
  std::string name = info.param.code;
  while (name.back() == ' ') name.pop_back();
  return name;
}
INSTANTIATE_TEST_SUITE_P(Formats, ConverterFormatsTest, testing::ValuesIn(kDescriptions), name_of);

TEST(ConverterShapesTest, ConvertsAnyRectangleOfAnyLayoutToAnySize) {
  std::mt19937 random(20);
  const auto between = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  Converter own = converter();
  for (int i = 0; i < 3000; ++i) {
    const Description& a = kDescriptions[between(0, int{std::size(kDescriptions)} - 1)];
    const Description& b = kDescriptions[between(0, int{std::size(kDescriptions)} - 1)];
    const int least = a.kind == 'b' ? 2 : 1;  // one row of Bayer lacks a colour
    Canvas from(a, between(least, 90), between(least, 50), usual_space(a), between(0, 70));
    const auto width = static_cast<int>(from.layout().width_px);
    const auto height = static_cast<int>(from.layout().height_px);
    Rect crop{between(0, width - 1), between(0, height - 1), 0, 0};
    crop.width = between(1, width - crop.x);
    crop.height = between(1, height - crop.y);
    const bool scaled = between(0, 1) == 1;
    Canvas to(b, scaled ? between(1, 90) : crop.width, scaled ? between(1, 50) : crop.height,
              usual_space(b), between(0, 70));
    paint(from);
    const auto converted = own.convert(from.picture<Picture>(), to.picture<MutablePicture>(), crop);
    ASSERT_TRUE(converted) << converted.error().message();
    const auto difference = compare(to, from.is_grey() || to.is_grey(), crop);
    const std::string what =
        std::string(a.code) + " " + std::to_string(crop.width) + "x" + std::to_string(crop.height) +
        " at " + std::to_string(crop.x) + "," + std::to_string(crop.y) + " of " +
        std::to_string(width) + "x" + std::to_string(height) + " to " + b.code + " " +
        std::to_string(to.layout().width_px) + "x" + std::to_string(to.layout().height_px);
    const bool coarse = from.is_rgb565() || to.is_rgb565();
    EXPECT_LE(difference.worst, coarse ? 18 : 12) << what;
    EXPECT_TRUE(to.padding_stayed()) << what;
  }
}

const Description& description(const char* code) {
  for (const Description& one : kDescriptions) {
    if (code_of(one.code) == code_of(code)) return one;
  }
  return kDescriptions[0];
}

// Where libyuv ends in an assertion, for pairs and for RGB. A row of chroma stands for up to 28
// rows.
TEST(ConverterShapesTest, ScalesByFourAcrossAndBySixTenOrFourteenDown) {
  Converter own = converter();
  for (const char* a : {"NV12", "NV21", "P010", "NV16", "I420", "YUYV", "RGB3", "BGRA", "BGR4"}) {
    for (const char* b : {"NV12", "NV16", "RGB3"}) {
      for (const std::uint32_t down : {6U, 10U, 14U}) {
        Canvas from(description(a), 32, 4 * down, usual_space(description(a)));
        Canvas to(description(b), 8, 4, usual_space(description(b)));
        paint(from);
        const auto converted = own.convert(from.picture<Picture>(), to.picture<MutablePicture>());
        ASSERT_TRUE(converted) << converted.error().message();
        EXPECT_LE(compare(to, false, {0, 0, 32, static_cast<int>(4 * down)}).worst, 20)
            << a << " to " << b << ", " << down << " down";
      }
    }
  }
}

struct Color {
  const char* name;
  std::uint8_t matrix;
  Space space;
};
constexpr Color kColors[] = {
    {"601", 6, {0.299, 0.114, false}},    {"601 full", 6, {0.299, 0.114, true}},
    {"709", 1, {0.2126, 0.0722, false}},  {"709 full", 1, {0.2126, 0.0722, true}},
    {"2020", 9, {0.2627, 0.0593, false}}, {"2020 full", 9, {0.2627, 0.0593, true}},
};
Colorimetry colorimetry(const Color& color) {
  return {.matrix = color.matrix, .range = static_cast<std::uint8_t>(color.space.full ? 2 : 1)};
}

// Fields of one colour each: 8 × 8 pixels, saturated ones too.
Rgb field(std::uint32_t x, std::uint32_t y) {
  const std::uint32_t index = y / 8 * 8 + x / 8;
  return {index % 4 * 85.0, index / 4 % 4 * 85.0, index / 16 * 85.0};
}

Difference difference_of_fields(const char* from_code, const Color& from_color, const char* to_code,
                                const Color& to_color) {
  Canvas from(description(from_code), 64, 64, from_color.space);
  Canvas to(description(to_code), 64, 64, to_color.space);
  for (std::uint32_t y = 0; y < 64; ++y) {
    for (std::uint32_t x = 0; x < 64; ++x) from.set(x, y, field(x, y));
  }
  Converter own = converter();
  const auto converted = own.convert(from.picture<Picture>(colorimetry(from_color)),
                                     to.picture<MutablePicture>(colorimetry(to_color)));
  EXPECT_TRUE(converted) << converted.error().message();
  Difference difference;
  for (std::uint32_t y = 4; y < 64; y += 8) {  // the middle of each field
    for (std::uint32_t x = 4; x < 64; x += 8) {
      const Rgb expected = field(x, y), got = to.get(x, y);
      difference.add(expected.r, got.r);
      difference.add(expected.g, got.g);
      difference.add(expected.b, got.b);
    }
  }
  return difference;
}

TEST(ConverterColorTest, RespectsMatrixAndRangeBetweenYuvAndRgb) {
  for (const Color& color : kColors) {
    for (const char* yuv : {"I420", "NV12", "NV16", "YU24", "NV42", "YUYV", "P010"}) {
      for (const char* rgb : {"BGRA", "RGBA", "RGB3"}) {
        const auto to = difference_of_fields(yuv, color, rgb, color);
        EXPECT_LE(to.worst, 4.5) << yuv << " to " << rgb << " " << color.name;
        EXPECT_GE(to.psnr_db(), 44) << yuv << " to " << rgb << " " << color.name;
        const auto from = difference_of_fields(rgb, color, yuv, color);
        EXPECT_LE(from.worst, 4.5) << rgb << " to " << yuv << " " << color.name;
        EXPECT_GE(from.psnr_db(), 44) << rgb << " to " << yuv << " " << color.name;
      }
    }
  }
}

TEST(ConverterColorTest, ChangesMatrixAndRangeBetweenYuvFormats) {
  for (const Color& from : kColors) {
    for (const Color& to : kColors) {
      for (const char* code : {"I420", "NV21", "UYVY"}) {
        const auto difference = difference_of_fields("NV12", from, code, to);
        EXPECT_LE(difference.worst, 5.5) << code << ": " << from.name << " to " << to.name;
        EXPECT_GE(difference.psnr_db(), 42) << code << ": " << from.name << " to " << to.name;
      }
    }
  }
}

TEST(ConverterColorTest, SaysWhatTheTargetIsWhenItLeftThatOpen) {
  Canvas from(description("NV12"), 8, 8, {}), yuv(description("I420"), 8, 8, {}),
      rgb(description("RGB3"), 8, 8, {});
  Converter own = converter();
  const Picture source = from.picture<Picture>({.primaries = 9, .matrix = 9, .range = 2});
  const auto same = own.convert(source, yuv.picture<MutablePicture>());
  ASSERT_TRUE(same);
  EXPECT_EQ(same->primaries, 9);
  EXPECT_EQ(same->matrix, 9);
  EXPECT_EQ(same->range, 2);
  const auto full = own.convert(source, rgb.picture<MutablePicture>());
  ASSERT_TRUE(full);
  EXPECT_EQ(full->matrix, 0);
  EXPECT_EQ(full->range, 2);
}

class ConverterErrorsTest : public testing::Test {
 protected:
  std::error_code refused(const Picture& from, const MutablePicture& to, const Rect& crop = {}) {
    const auto converted = own_.convert(from, to, crop);
    EXPECT_FALSE(converted);
    said_ = converted ? "" : converted.error().where;
    return converted ? std::error_code() : converted.error().code;
  }

  Converter own_ = converter();
  Canvas from_{description("NV12"), 64, 48, {}}, to_{description("RGB3"), 32, 24, {}};
  std::string said_;
};

TEST_F(ConverterErrorsTest, ARectangleThatIsNotInsideIsRefused) {
  constexpr Rect kWrong[] = {{-1, 0, 8, 8}, {0, -1, 8, 8}, {0, 0, -8, 8}, {60, 0, 8, 8},
                             {0, 44, 8, 8}, {0, 0, 8, 0},  {64, 0, 1, 1}, {1, 0, 2147483647, 8}};
  for (const Rect& crop : kWrong) {
    EXPECT_EQ(refused(from_.picture<Picture>(), to_.picture<MutablePicture>(), crop),
              std::errc::invalid_argument);
    EXPECT_NE(said_.find("rectangle"), std::string::npos) << said_;
  }
}

TEST_F(ConverterErrorsTest, AFormatThatIsNoneIsNamedWithThePair) {
  Picture coded = from_.picture<Picture>();
  coded.layout.fourcc = fourcc("H264");
  EXPECT_EQ(refused(coded, to_.picture<MutablePicture>()), std::errc::not_supported);
  EXPECT_NE(said_.find("H264 to 32x24 RGB3"), std::string::npos) << said_;
  Picture tiled = from_.picture<Picture>();
  tiled.layout.modifier = 1;
  EXPECT_EQ(refused(tiled, to_.picture<MutablePicture>()), std::errc::not_supported);
}

TEST_F(ConverterErrorsTest, AMatrixItDoesNotKnowIsNamed) {
  EXPECT_EQ(refused(from_.picture<Picture>({.matrix = 8}), to_.picture<MutablePicture>()),
            std::errc::not_supported);
  EXPECT_NE(said_.find("matrix 8"), std::string::npos) << said_;
}

TEST_F(ConverterErrorsTest, MemoryThatIsMissingOrTooSmallIsRefused) {
  Picture small = from_.picture<Picture>();
  small.planes[1] = small.planes[1].first(small.planes[1].size() - 1);
  EXPECT_EQ(refused(small, to_.picture<MutablePicture>()), std::errc::invalid_argument);
  MutablePicture none = to_.picture<MutablePicture>();
  none.planes[0] = {};
  EXPECT_EQ(refused(from_.picture<Picture>(), none), std::errc::invalid_argument);
  Picture narrow = from_.picture<Picture>();
  narrow.layout.planes[0].stride_bytes = 63;
  EXPECT_EQ(refused(narrow, to_.picture<MutablePicture>()), std::errc::invalid_argument);
  Picture huge = from_.picture<Picture>();
  huge.layout.planes[0].stride_bytes = 0xffffffff;
  EXPECT_EQ(refused(huge, to_.picture<MutablePicture>()), std::errc::invalid_argument);
}

TEST_F(ConverterErrorsTest, ATargetInTheMemoryOfTheSourceIsRefused) {
  const MutablePicture to = from_.picture<MutablePicture>();
  EXPECT_EQ(refused(from_.picture<Picture>(), to), std::errc::invalid_argument);
}

TEST(ConverterModuleTest, AnInstallationWithoutTheModuleSaysWhatIsMissingAndWhere) {
  const char* const path = std::getenv("VIDEOSTREAM_MODULE_PATH");
  const std::string before = path != nullptr ? path : "";
  ASSERT_EQ(::setenv("VIDEOSTREAM_MODULE_PATH", "/nonexistent/modules", 1), 0);
  const auto made = Converter::create();
  ASSERT_EQ(path != nullptr ? ::setenv("VIDEOSTREAM_MODULE_PATH", before.c_str(), 1)
                            : ::unsetenv("VIDEOSTREAM_MODULE_PATH"),
            0);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, std::errc::no_such_file_or_directory);
  EXPECT_NE(made.error().where.find("/nonexistent/modules"), std::string::npos);
  EXPECT_NE(made.error().where.find("conversion"), std::string::npos);
}

Frame memory_frame(const char* format, std::uint32_t width, std::uint32_t height) {
  auto frame = Frame::allocate(*Layout::packed(code_of(format), width, height),
                               {.source = MemorySource::memfd});
  EXPECT_TRUE(frame);
  return std::move(frame).value();
}

TEST(ConverterFramesTest, FillsAFrameAndSaysItsColour) {
  Frame from = memory_frame("NV12", 64, 48), to = memory_frame("BGRA", 16, 16);
  std::fill(from.plane(0).begin(), from.plane(0).end(), std::byte{235});
  std::fill(from.plane(1).begin(), from.plane(1).end(), std::byte{128});
  from.info().color = {.primaries = 1, .matrix = 1, .range = 1};
  from.info().crop = {32, 16, 16, 16};
  const auto converted = converter().convert(from, to);
  ASSERT_TRUE(converted) << converted.error().message();
  EXPECT_EQ(to.plane(0)[0], std::byte{255});
  EXPECT_EQ(to.info().color.primaries, 1);
  EXPECT_EQ(to.info().color.range, 2);
}

TEST(ConverterFramesTest, TheSameMemoryMappedTwiceIsRefused) {
  Frame from = memory_frame("GREY", 64, 48);
  const auto again = Buffer::attach(from.buffer(0)->fd());
  ASSERT_TRUE(again);
  auto to = Frame::wrap(from.info(), {&*again, 1});
  ASSERT_TRUE(to);
  const auto converted = converter().convert(from, *to);
  ASSERT_FALSE(converted);
  EXPECT_EQ(converted.error().code, std::errc::invalid_argument);
}

TEST(ConverterFramesTest, FramesWithoutMemoryAndReadOnlyTargetsAreRefused) {
  Frame from = memory_frame("GREY", 64, 48), none;
  Converter own = converter();
  EXPECT_EQ(own.convert(from, none).error().code, std::errc::invalid_argument);
  EXPECT_EQ(own.convert(none, from).error().code, std::errc::invalid_argument);
  Frame sealed = memory_frame("GREY", 64, 48);  // for readers: whoever attaches it cannot write
  const auto readable = Buffer::attach(sealed.buffer(0)->fd());
  ASSERT_TRUE(readable);
  auto to = Frame::wrap(sealed.info(), {&*readable, 1});
  ASSERT_TRUE(to);
  const auto converted = own.convert(from, *to);
  ASSERT_FALSE(converted);
  EXPECT_EQ(converted.error().code, std::errc::permission_denied);
}

}  // namespace
}  // namespace vsl
