// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "coded_pictures.hpp"
#include "standin/hooks.hpp"

namespace vsl::test {
namespace {

using standin::behaviour;
using ::testing::HasSubstr;

TEST(HantroTest, IsListedBeforeSoftwareWithItsNodes) {
  ::setenv("VIDEOSTREAM_MODULE_PATH", VSL_MODULE_DIR, 1);
  const auto report = list_codecs();
  ASSERT_TRUE(report);
  std::vector<CodecBackend> order;
  for (const CodecAbility& ability : report->abilities) {
    if (order.empty() || order.back() != ability.backend) order.push_back(ability.backend);
    if (ability.backend != kHantro) continue;
    EXPECT_EQ(ability.device, "/dev/null");
    EXPECT_EQ(ability.name, "libfslvpuwrap.so.3");
  }
  EXPECT_THAT(order, ::testing::IsSupersetOf({kHantro, CodecBackend::software}));
  EXPECT_EQ(order.back(), CodecBackend::software);
}

TEST(HantroTest, WithoutItsNodesItIsMissingAndTheErrorNamesThem) {
  ::setenv("VSL_HANTRO_ENCODER_DEV", "/nonexistent/encoder", 1);
  ::setenv("VSL_HANTRO_DECODER_DEV", "/nonexistent/decoder", 1);
  const auto refused = Encoder::create({.backend = kHantro});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::not_supported);
  EXPECT_THAT(refused.error().message(), HasSubstr("/nonexistent/decoder"));
}

TEST(HantroTest, ADecoderAloneEncodesNothing) {
  ::setenv("VSL_HANTRO_ENCODER_DEV", "/nonexistent/encoder", 1);
  EXPECT_TRUE(check_codec(fourcc("HEVC"), /*encode=*/false, kHantro));
  EXPECT_FALSE(check_codec(fourcc("HEVC"), /*encode=*/true, kHantro));
}

TEST(HantroTest, AWrapperThatIsTooOldIsNamedAndAutomaticGoesOnToSoftware) {
  ::setenv("VIDEOSTREAM_MODULE_PATH", VSL_MODULE_DIR, 1);
  const auto by_hantro = Encoder::create({});
  ASSERT_TRUE(by_hantro);
  EXPECT_EQ(by_hantro->backend(), kHantro);
  behaviour().minor = 5;
  behaviour().release = 5;
  const auto by_software = Encoder::create({});
  ASSERT_TRUE(by_software);
  EXPECT_EQ(by_software->backend(), CodecBackend::software);
  const auto refused = Encoder::create({.backend = kHantro});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("4.5.5"));
}

TEST(HantroTest, AWrapperWithoutADeviceIsAnErrorOfOpening) {
  behaviour().has_device = false;
  const auto refused = Decoder::create({.backend = kHantro});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::no_such_device);
}

TEST(HantroTest, RefusesWhatTheWrapperCannotBeAskedFor) {
  EncoderOptions b_frames, profile, level;
  b_frames.b_frames = 2;
  profile.profile = "high";
  level.level = "4.1";
  for (auto& [options, told] : {std::pair{b_frames, "B-frames"}, std::pair{profile, "profile high"},
                                std::pair{level, "level 4.1"}}) {
    EncoderOptions wanted = options;
    wanted.backend = kHantro;
    auto encoder = Encoder::create(wanted);
    ASSERT_TRUE(encoder);
    Frame picture = a_picture(0);
    const auto refused = encoder->encode(picture);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::not_supported);
    EXPECT_THAT(refused.error().message(), HasSubstr(told));
  }
}

TEST(HantroTest, RefusesFormatsAndSizesWithThoseItTakes) {
  for (const auto& [format, width_px, told] :
       {std::tuple{fourcc("RGB3"), 128u, "NV12"}, std::tuple{fourcc("NV12"), 127u, "even"}}) {
    auto encoder = Encoder::create({.backend = kHantro});
    ASSERT_TRUE(encoder);
    Frame picture = a_picture(format, width_px, kHeightPx, 0);
    const auto refused = encoder->encode(picture);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::not_supported);
    EXPECT_THAT(refused.error().message(), HasSubstr(told));
  }
}

TEST(HantroTest, PackedPicturesAreEncodedToo) {
  for (const Fourcc format : {fourcc("YUYV"), fourcc("UYVY")}) {
    Coded coded = encode(3, {}, /*heap=*/false, format);
    expect_pictures(coded);
  }
}

TEST(HantroTest, QualityAndBitrateAreThoseThatAreWanted) {
  const auto bytes = [](const EncoderOptions& options) { return encode(20, options).stats.bytes; };
  EncoderOptions fine, coarse, rich, poor;
  fine.rate_control = coarse.rate_control = RateControl::constant_qp;
  fine.qp = 15;
  coarse.qp = 45;
  EXPECT_GT(bytes(fine), 3 * bytes(coarse));
  rich.bitrate_bps = 2'000'000;
  poor.bitrate_bps = 100'000;
  EXPECT_GT(bytes(rich), 2 * bytes(poor));
}

TEST(HantroTest, AnswersMayComeInAnyOrderThatTheWrapperAllows) {
  const std::function<void()> ways[] = {
      [] { behaviour().header_apart = false; }, [] { behaviour().used_apart = true; },
      [] { behaviour().refuse_every = 2; },     [] { behaviour().encoder_frames = 3; },
      [] { behaviour().decoder_frames = 1; },   [] { behaviour().passes_ids = false; }};
  for (const auto& way : ways) {
    behaviour() = {};
    way();
    Coded coded = encode(12);
    ASSERT_EQ(coded.packets.size(), 12u);
    expect_pictures(coded);
  }
}

TEST(HantroTest, FlawedPicturesAreShownAndCounted) {
  behaviour().flaws = true;
  Coded coded = encode(5);
  Decoder decoder = a_decoder();
  decode(decoder, coded.packets, [](Frame&) {});
  EXPECT_EQ(decoder.stats().pictures, 5u);
  EXPECT_EQ(decoder.stats().damaged, 5u);
}

}  // namespace
}  // namespace vsl::test
