// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/coded_stream_testing.hpp"
#include "tests/codec/codecs.hpp"

namespace vsl {
namespace {

using testing::HasSubstr;

// ---- Who codes, by name

TEST(NamedCodecTest, AnEncoderOfFfmpegIsTakenByItsName) {
  auto encoder = Encoder::create({.implementation = "libx264"});
  ASSERT_TRUE(encoder) << encoder.error().message();
  Frame picture = test::a_picture(fourcc("I420"), 192, 128, 0);
  ASSERT_TRUE(encoder->encode(picture));
  EXPECT_EQ(encoder->backend_name(), "software: libx264");
}

TEST(NamedCodecTest, ADecoderOfFfmpegIsTakenByItsName) {
  const auto decoder = Decoder::create({.codec = fourcc("HEVC"), .implementation = "hevc"});
  ASSERT_TRUE(decoder) << decoder.error().message();
  EXPECT_EQ(decoder->backend_name(), "software: hevc");
}

TEST(NamedCodecTest, OnesThatFfmpegHasNotOrThatDoAnotherCodecAreRefusedByTheirName) {
  for (const char* name : {"h264_imaginary", "libx265", "png"}) {
    auto encoder = Encoder::create({.codec = fourcc("H264"), .implementation = name});
    ASSERT_TRUE(encoder);
    Frame picture = test::a_picture(fourcc("I420"), 192, 128, 0);
    const auto refused = encoder->encode(picture);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, std::errc::not_supported);
    EXPECT_THAT(refused.error().message(), HasSubstr(name));
    const auto decoder = Decoder::create({.codec = fourcc("H264"), .implementation = name});
    ASSERT_FALSE(decoder) << name;
    EXPECT_THAT(decoder.error().message(), HasSubstr(name));
  }
}

TEST(NamedCodecTest, HardwareThatIsNotThereIsAnErrorThatNamesIt) {
  for (const char* name : {"h264_nvenc", "h264_vaapi", "h264_v4l2m2m"}) {
    auto encoder = Encoder::create({.codec = fourcc("H264"), .implementation = name});
    ASSERT_TRUE(encoder);
    Frame picture = test::a_picture(fourcc("NV12"), 192, 128, 0);
    const auto taken = encoder->encode(picture);
    if (!taken) {
      EXPECT_THAT(taken.error().message(), HasSubstr(name));
    }
  }
}

TEST(NamedCodecTest, AWordInTheEnvironmentThatNamesNoBackendIsWarnedOf) {
  ASSERT_EQ(::setenv("VSL_CODEC_BACKEND", "sofware", 1), 0);
  testing::internal::CaptureStderr();
  const auto decoder = Decoder::create({.codec = fourcc("H264")});
  const std::string said = testing::internal::GetCapturedStderr();
  ASSERT_EQ(::unsetenv("VSL_CODEC_BACKEND"), 0);
  EXPECT_TRUE(decoder);
  EXPECT_THAT(said, HasSubstr("VSL_CODEC_BACKEND"));
  EXPECT_THAT(said, HasSubstr("sofware"));
}

TEST(NamedCodecTest, ANameAndABackendThatHasNoneContradict) {
  const auto encoder =
      Encoder::create({.backend = CodecBackend::v4l2, .implementation = "libx264"});
  ASSERT_FALSE(encoder);
  EXPECT_EQ(encoder.error().code, std::errc::invalid_argument);
}

TEST(NamedCodecTest, ACodecThatNobodyDoesIsRefusedWithThoseThereAre) {
  const auto decoder = Decoder::create({.codec = fourcc("VP90")});
  ASSERT_FALSE(decoder);
  EXPECT_EQ(decoder.error().code, std::errc::not_supported);
  EXPECT_THAT(decoder.error().message(), HasSubstr("H264 by software"));
  const auto encoder = Encoder::create({.codec = fourcc("VP90")});
  ASSERT_FALSE(encoder);
  EXPECT_THAT(encoder.error().message(), HasSubstr("HEVC by software"));
}

// ---- Ten bits

class TenBitTest : public testing::TestWithParam<const char*> {
 protected:
  Fourcc codec() const {
    return GetParam() == std::string("hevc") ? fourcc("HEVC") : fourcc("H264");
  }

  // Ramps in steps of a 1024th, which 8 bits would make stairs of.
  static Frame a_deep_picture() {
    const auto layout = Layout::packed(fourcc("P010"), 320, 240, 64);
    auto frame = Frame::allocate(*layout, {.source = MemorySource::memfd});
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::uint32_t row = 0; row < layout->plane_rows(i); ++row) {
        auto* samples = reinterpret_cast<std::uint16_t*>(
            frame->plane(i).data() + std::size_t{row} * layout->planes[i].stride_bytes);
        for (std::uint32_t x = 0; x < 320; ++x) {
          samples[x] = static_cast<std::uint16_t>((300 + (i == 0 ? x + row : x / 2)) << 6);
        }
      }
    }
    return std::move(*frame);
  }

  std::optional<Frame> through_both(Frame& picture, const EncoderOptions& wanted, Fourcc format) {
    auto encoder = Encoder::create(wanted);
    EXPECT_TRUE(encoder->encode(picture));
    auto packet = encoder->next_packet();
    EXPECT_TRUE(packet && *packet);
    auto decoder = Decoder::create(
        {.codec = wanted.codec, .format = format, .backend = CodecBackend::software});
    EXPECT_TRUE(decoder->decode(**packet));
    EXPECT_TRUE(decoder->drain());
    auto decoded = decoder->next_picture();
    EXPECT_TRUE(decoded && *decoded);
    EXPECT_EQ(decoder->stats().copies, 1u);
    return std::move(*decoded);
  }
  EncoderOptions options() const {
    return {.codec = codec(),
            .rate_control = RateControl::constant_qp,
            .qp = 4,
            .backend = CodecBackend::software};
  }
};

TEST_P(TenBitTest, PicturesKeepTheirBitsThroughEncoderAndDecoder) {
  Frame picture = a_deep_picture();
  const auto decoded = through_both(picture, options(), {});
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->info().layout.fourcc, fourcc("P010"));
  double worst = 0;
  const auto* before = reinterpret_cast<const std::uint16_t*>(picture.plane(0).data());
  const auto* after =
      reinterpret_cast<const std::uint16_t*>(const_cast<Frame&>(*decoded).plane(0).data());
  for (int x = 0; x < 320; ++x)
    worst = std::max(worst, std::abs(before[x] / 64.0 - after[x] / 64.0));
  EXPECT_LT(worst, 4) << "of 1023";
  EXPECT_EQ(after[5] % 64, 0) << "ten bits are the upper ones";
}

TEST_P(TenBitTest, PicturesAreEightBitsWhereNv12IsWanted) {
  Frame picture = a_deep_picture();
  const auto decoded = through_both(picture, options(), fourcc("NV12"));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->info().layout.fourcc, fourcc("NV12"));
}

TEST_P(TenBitTest, AProfileOfEightBitsMakesThemEight) {
  Frame picture = a_deep_picture();
  EncoderOptions options = this->options();
  options.profile = "main";
  auto encoder = Encoder::create(options);
  ASSERT_TRUE(encoder->encode(picture));
  auto packet = encoder->next_packet();
  ASSERT_TRUE(packet && *packet);
  auto decoder = Decoder::create({.codec = codec(), .backend = CodecBackend::software});
  ASSERT_TRUE(decoder->decode(**packet));
  ASSERT_TRUE(decoder->drain());
  const auto decoded = decoder->next_picture();
  ASSERT_TRUE(decoded && *decoded);
  EXPECT_EQ((*decoded)->info().layout.fourcc, fourcc("I420"));
}

INSTANTIATE_TEST_SUITE_P(Of, TenBitTest, testing::Values("h264", "hevc"),
                         [](const auto& codec) { return std::string(codec.param); });

// ---- Colours as streams give them

/// One grey macroblock, its samples as they are.
test::Bytes a_grey_picture(int chroma_location) {
  test::BitWriter pps;
  pps.golombs({0, 0}).bits(0, 2).golombs({0, 0, 0}).bits(0, 3).golombs({0, 0, 0}).bits(0, 3);
  test::BitWriter slice;
  slice.golombs({0, 7, 0}).bits(0, 4).golomb(0).bits(0, 4).bits(0, 2).golombs({0, 25});
  while (!slice.whole_bytes()) slice.flag(false);
  for (int i = 0; i < 384; ++i) slice.bits(128, 8);
  return test::annex_b(
      {test::h264_sps(
           {.width_macroblocks = 1, .height_macroblocks = 1, .chroma_location = chroma_location}),
       pps.nal({0x68}), slice.nal({0x65})});
}

std::uint8_t chroma_site(int chroma_location) {
  auto decoder = Decoder::create({.codec = fourcc("H264"), .backend = CodecBackend::software});
  EXPECT_TRUE(decoder && decoder->decode(a_grey_picture(chroma_location)) && decoder->drain());
  const auto picture = decoder->next_picture();
  EXPECT_TRUE(picture && *picture);
  return (*picture)->info().color.chroma_site;
}

TEST(StreamColorTest, TheChromaSiteIsTheStreams) { EXPECT_EQ(chroma_site(2), 3); }

// FFmpeg keeps what the stream says, whatever it is.
TEST(StreamColorTest, AChromaSiteThatTheStandardHasNotIsUnspecified) {
  for (const int location : {6, 32, 254, 70000}) EXPECT_EQ(chroma_site(location), 0) << location;
}

TEST(StreamColorTest, AFrameThatSaysColorsNobodyHasIsEncodedWithoutThem) {
  for (const Fourcc codec : {fourcc("H264"), fourcc("HEVC")}) {
    Frame picture = test::a_picture(fourcc("I420"), 192, 128, 0);
    picture.info().color = {
        .primaries = 255, .transfer = 255, .matrix = 255, .range = 255, .chroma_site = 255};
    auto encoder = Encoder::create({.codec = codec, .backend = CodecBackend::software});
    ASSERT_TRUE(encoder->encode(picture));
    ASSERT_TRUE(encoder->drain());
    EXPECT_TRUE(*encoder->next_packet());
  }
}

}  // namespace
}  // namespace vsl
