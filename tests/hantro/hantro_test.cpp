// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "fake_heap.hpp"
#include "standin/hooks.hpp"
#include "tests/codec/codecs.hpp"
#include "videostream/host.hpp"

namespace vsl {
namespace {

using standin::behaviour;
using test::Bytes;
using test::Heap;
using ::testing::HasSubstr;

constexpr std::uint32_t kWidthPx = 128, kHeightPx = 96;
constexpr CodecBackend kHantro = CodecBackend::hantro;

MemoryOptions on_heap() { return {MemorySource::dma_heap, "/dev/dma_heap/linux,cma-uncached"}; }

/// Where a sample of a picture lies: which of luma, U and V, at which place of its own raster.
std::byte& sample(Frame& picture, std::size_t component, std::size_t x, std::size_t y) {
  const Layout& layout = picture.info().layout;
  const auto at = [&](std::size_t plane, std::size_t row, std::size_t byte) -> std::byte& {
    return picture.plane(plane)[row * layout.planes[plane].stride_bytes + byte];
  };
  if (layout.plane_count == 1) {  // packed, of whose chroma every second row is looked at
    const std::size_t luma = layout.fourcc == fourcc("UYVY") ? 1 : 0;
    if (component == 0) return at(0, y, 2 * x + luma);
    return at(0, 2 * y, 4 * x + 2 * (component - 1) + 1 - luma);
  }
  if (component == 0) return at(0, y, x);
  return layout.plane_count == 2 ? at(1, y, 2 * x + component - 1) : at(component, y, x);
}

/// All samples of a picture of 4:2:0, or what becomes of one of 4:2:2, component by component.
Bytes samples_of(Frame& picture) {
  Bytes samples;
  for (std::size_t component = 0; component < 3; ++component) {
    const std::size_t part = component == 0 ? 1 : 2;
    for (std::size_t y = 0; y < kHeightPx / part; ++y) {
      for (std::size_t x = 0; x < kWidthPx / part; ++x) {
        samples.push_back(sample(picture, component, x, y));
      }
    }
  }
  return samples;
}

/// U and V differ, so that nobody takes one for the other.
Frame a_picture(int number, Fourcc format = fourcc("NV12")) {
  Frame picture = test::a_picture(format, kWidthPx, kHeightPx, number);
  for (std::size_t y = 0; y < kHeightPx / 2; ++y) {
    for (std::size_t x = 0; x < kWidthPx / 2; ++x) {
      sample(picture, 1, x, y) = static_cast<std::byte>(60 + y / 4);
      sample(picture, 2, x, y) = static_cast<std::byte>(180 - y / 4);
    }
  }
  picture.end_cpu_access();
  return picture;
}

Frame moved_to_heap(Frame picture) {
  const Layout& from = picture.info().layout;
  const auto to = Layout::packed(from.fourcc, kWidthPx, kHeightPx, 32);
  auto moved = Frame::allocate(*to, on_heap());
  EXPECT_TRUE(moved) << moved.error().message();
  for (std::size_t i = 0; i < from.plane_count; ++i) {
    for (std::uint32_t row = 0; row < from.plane_rows(i); ++row) {
      std::memcpy(moved->plane(i).data() + std::size_t{row} * to->planes[i].stride_bytes,
                  picture.plane(i).data() + std::size_t{row} * from.planes[i].stride_bytes,
                  from.plane_row_bytes(i));
    }
  }
  return std::move(*moved);
}

struct Coded {
  std::vector<Frame> packets;
  std::vector<Bytes> pictures;  // that went in
  EncoderStats stats;
};

Coded encode(int count, const EncoderOptions& wanted = {}, bool heap = false,
             Fourcc format = fourcc("NV12")) {
  EncoderOptions options = wanted;
  options.backend = kHantro;
  Coded coded;
  auto encoder = Encoder::create(options);
  EXPECT_TRUE(encoder) << encoder.error().message();
  for (int i = 0; i < count; ++i) {
    Frame picture = a_picture(i, format);
    coded.pictures.push_back(samples_of(picture));
    if (heap) picture = moved_to_heap(std::move(picture));
    const auto taken = encoder->encode(picture);
    EXPECT_TRUE(taken) << taken.error().message();
    test::take_packets(*encoder,
                       [&](Frame& packet) { coded.packets.push_back(std::move(packet)); });
  }
  EXPECT_TRUE(encoder->drain());
  coded.stats = encoder->stats();
  return coded;
}

Decoder a_decoder() {
  auto decoder = Decoder::create({.backend = kHantro});
  EXPECT_TRUE(decoder) << decoder.error().message();
  return std::move(*decoder);
}

void decode(Decoder& decoder, std::vector<Frame>& packets, const test::TakePicture& take) {
  for (Frame& packet : packets) {
    ASSERT_TRUE(decoder.decode(packet));
    test::take_pictures(decoder, take);
  }
  ASSERT_TRUE(decoder.drain());
  test::take_pictures(decoder, take);
}

void expect_pictures(Coded& coded) {
  Decoder decoder = a_decoder();
  std::size_t count = 0;
  decode(decoder, coded.packets, [&](Frame& picture) {
    ASSERT_LT(count, coded.pictures.size());
    EXPECT_GT(test::psnr_db(coded.pictures[count++], samples_of(picture)), 30);
  });
  EXPECT_EQ(count, coded.pictures.size());
}

// ---- What there is

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

// ---- Memory

TEST(HantroTest, DecodesIntoMemoryThatIsSharedAsItIs) {
  Coded coded = encode(12);
  Decoder decoder = a_decoder();
  decode(decoder, coded.packets, [](Frame& picture) {
    EXPECT_EQ(picture.buffer(0)->kind(), MemoryKind::dma_buf);
    EXPECT_EQ(picture.info().layout.width_px, kWidthPx);
    EXPECT_EQ(picture.info().layout.height_px, kHeightPx);
  });
  EXPECT_EQ(decoder.stats().copies, 0u);
  EXPECT_EQ(decoder.stats().pictures, 12u);
}

TEST(HantroTest, EncodesPicturesOfItsMemoryWhereTheyLieAndCopiesOthers) {
  EXPECT_EQ(encode(5).stats.copies, 5u);
  for (const Fourcc format : {fourcc("NV12"), fourcc("I420"), fourcc("YUYV")}) {
    Coded coded = encode(5, {}, /*heap=*/true, format);
    EXPECT_EQ(coded.stats.copies, 0u) << format.to_string();
    expect_pictures(coded);
  }
}

TEST(HantroTest, UsesTheWrappersMemoryWhereHeapsHaveNoneThatFits) {
  for (const Heap heap : {Heap::none, Heap::without_phys, Heap::high}) {
    test::set_heap(heap);
    Coded coded = encode(5);
    expect_pictures(coded);
    Decoder decoder = a_decoder();
    decode(decoder, coded.packets,
           [](Frame& picture) { EXPECT_EQ(picture.buffer(0)->kind(), MemoryKind::memfd); });
    EXPECT_EQ(decoder.stats().copies, 5u);
  }
}

TEST(HantroTest, TakesMemoryThatTheProcessorCachesWithBrackets) {
  test::set_heap(Heap::cached);
  Coded coded = encode(5);
  expect_pictures(coded);
}

TEST(HantroTest, NeverDecodesIntoAPictureThatAReaderHolds) {
  Coded coded = encode(30);
  Decoder decoder = a_decoder();
  std::vector<Frame> held;
  std::vector<Bytes> pixels;
  decode(decoder, coded.packets, [&](Frame& picture) {
    pixels.push_back(test::pixels_of(picture));
    held.push_back(std::move(picture));
  });
  ASSERT_EQ(held.size(), 30u);
  for (std::size_t i = 0; i < held.size(); ++i) EXPECT_EQ(test::pixels_of(held[i]), pixels[i]) << i;
  EXPECT_EQ(decoder.stats().copies, 30u - 6);  // so many may be out
  EXPECT_EQ(decoder.stats().buffers, 5u + 6);
}

TEST(HantroTest, PicturesStayReadableAfterTheirDecoderAndAfterAChangeOfSize) {
  Coded coded = encode(5);
  std::vector<Frame> held;
  std::vector<Bytes> pixels;
  const auto keep = [&](Frame& picture) {
    pixels.push_back(test::pixels_of(picture));
    held.push_back(std::move(picture));
  };
  {
    Decoder decoder = a_decoder();
    for (Frame& packet : coded.packets) ASSERT_TRUE(decoder.decode(packet));
    auto larger = Encoder::create({.backend = kHantro});
    ASSERT_TRUE(larger);
    for (int i = 0; i < 5; ++i) {
      Frame picture = test::a_picture(fourcc("NV12"), 320, 240, i);
      ASSERT_TRUE(larger->encode(picture));
      test::take_packets(*larger, [&](Frame& packet) { ASSERT_TRUE(decoder.decode(packet)); });
    }
    ASSERT_TRUE(decoder.drain());
    test::take_pictures(decoder, keep);
  }
  ASSERT_EQ(held.size(), 10u);
  for (std::size_t i = 0; i < held.size(); ++i) EXPECT_EQ(test::pixels_of(held[i]), pixels[i]) << i;
}

TEST(HantroTest, PicturesMayBeLetGoFromAnotherThreadWhileItDecodes) {
  Coded coded = encode(60);
  Decoder decoder = a_decoder();
  std::mutex mutex;
  std::deque<Frame> held;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      std::deque<Frame> taken;
      const std::lock_guard lock(mutex);
      held.swap(taken);  // which goes after the lock
      std::this_thread::yield();
    }
  });
  std::size_t pictures = 0;
  decode(decoder, coded.packets, [&](Frame& picture) {
    ++pictures;
    const std::lock_guard lock(mutex);
    held.push_back(std::move(picture));
  });
  done = true;
  reader.join();
  EXPECT_EQ(pictures, 60u);
}

TEST(HantroTest, PicturesOnTheBusComeBackWhenNobodyReadsThem) {
  Coded coded = encode(30);
  const std::string name = "vsl_hantro_test." + std::to_string(::getpid());
  auto host = Host::listen(name);
  ASSERT_TRUE(host) << host.error().message();
  Decoder decoder = a_decoder();
  decode(decoder, coded.packets, [&](Frame& picture) {
    const auto published = host->publish(std::move(picture));
    EXPECT_TRUE(published) << published.error().message();
  });
  EXPECT_EQ(decoder.stats().pictures, 30u);
  EXPECT_EQ(decoder.stats().copies, 0u);
}

TEST(HantroTest, PicturesThatComeOutOfOrderHaveTheirOwnTimes) {
  ::setenv("VIDEOSTREAM_MODULE_PATH", VSL_MODULE_DIR, 1);
  EncoderOptions options;
  options.backend = CodecBackend::software;
  options.b_frames = 2;
  options.low_latency = false;
  auto encoder = Encoder::create(options);
  ASSERT_TRUE(encoder) << encoder.error().message();
  std::vector<Frame> packets;
  const auto keep = [&](Frame& packet) { packets.push_back(std::move(packet)); };
  for (int i = 0; i < 20; ++i) {
    Frame picture = a_picture(i);
    picture.info().times.pts_ns = i * 1000;
    ASSERT_TRUE(encoder->encode(picture));
    test::take_packets(*encoder, keep);
  }
  ASSERT_TRUE(encoder->drain());
  test::take_packets(*encoder, keep);
  Decoder decoder = a_decoder();
  std::int64_t pictures = 0;
  decode(decoder, packets,
         [&](Frame& picture) { EXPECT_EQ(picture.info().times.pts_ns, 1000 * pictures++); });
  EXPECT_EQ(pictures, 20);
}

// ---- What it is told

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
    Frame picture = test::a_picture(format, width_px, kHeightPx, 0);
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

// ---- How wrappers may answer

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

// ---- Faults

Result<int> fetch_pictures(Decoder& decoder) {
  for (int pictures = 0;; ++pictures) {
    VSL_TRY(auto picture, decoder.next_picture());
    if (!picture) return pictures;
  }
}

// A few pictures there and back, until something fails.
Result<int> code_some() {
  VSL_TRY(auto encoder, Encoder::create({.backend = kHantro}));
  VSL_TRY(auto decoder, Decoder::create({.backend = kHantro}));
  int pictures = 0;
  for (int i = 0; i < 3; ++i) {
    Frame picture = a_picture(i);
    VSL_CHECK(encoder.encode(picture));
    VSL_TRY(auto packet, encoder.next_packet());
    if (packet) VSL_CHECK(decoder.decode(*packet));
    VSL_TRY(const int fetched, fetch_pictures(decoder));
    pictures += fetched;
  }
  VSL_CHECK(decoder.drain());
  VSL_TRY(const int fetched, fetch_pictures(decoder));
  return pictures + fetched;
}

TEST(HantroTest, WhicheverCallFailsNothingIsLostAndTheNextStreamIsWhole) {
  test::set_heap(Heap::none);  // so that memory of the wrapper is at stake too
  const auto whole = code_some();
  ASSERT_TRUE(whole) << whole.error().message();
  ASSERT_EQ(*whole, 3);
  const std::vector<std::string> calls = standin::account().calls_made;
  ASSERT_GT(calls.size(), 40u);
  int errors = 0;
  for (const bool for_good : {false, true}) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      standin::begin_anew();
      behaviour().fail_call = static_cast<int>(i) + 1;
      behaviour().fails_for_good = for_good;
      const auto failed = code_some();
      if (!failed) {
        ++errors;
        EXPECT_THAT(failed.error().message(), HasSubstr("Hantro")) << calls[i];
      }
      EXPECT_THAT(standin::violations(), ::testing::IsEmpty()) << calls[i];
      EXPECT_EQ(standin::account().memory, 0) << calls[i];
      EXPECT_EQ(standin::account().handles, 0) << calls[i];
      EXPECT_EQ(standin::account().loads, 0) << calls[i];
    }
  }
  EXPECT_GT(errors, 40);
  standin::begin_anew();
  const auto again = code_some();
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, 3);
}

TEST(HantroTest, ADecoderThatVanishesIsAnErrorAndComesBackWithReset) {
  Coded coded = encode(30);
  Decoder decoder = a_decoder();
  const auto pictures_of = [&](std::size_t first, std::size_t end) -> Result<int> {
    int pictures = 0;
    for (std::size_t i = first; i < end; ++i) {
      VSL_CHECK(decoder.decode(coded.packets[i]));
      VSL_TRY(const int fetched, fetch_pictures(decoder));
      pictures += fetched;
    }
    return pictures;
  };
  const auto before = pictures_of(0, 5);
  ASSERT_TRUE(before) << before.error().message();
  behaviour().fail_call = standin::account().calls + 1;
  behaviour().fails_for_good = true;
  const auto vanished = pictures_of(5, 30);
  ASSERT_FALSE(vanished);
  EXPECT_EQ(vanished.error().code, std::errc::io_error);
  EXPECT_FALSE(decoder.reset());
  behaviour().fail_call = 0;
  ASSERT_TRUE(decoder.reset());
  const auto after = pictures_of(0, 30);
  ASSERT_TRUE(after) << after.error().message();
  EXPECT_GE(*after, 29);
}

TEST(HantroTest, AnEncoderThatVanishesIsAnErrorAndComesBackWithReset) {
  auto encoder = Encoder::create({.backend = kHantro});
  ASSERT_TRUE(encoder);
  Frame picture = a_picture(0);
  ASSERT_TRUE(encoder->encode(picture));
  behaviour().fail_call = standin::account().calls + 1;
  behaviour().fails_for_good = true;
  const auto failed = encoder->encode(picture);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("VPU_EncEncodeFrame"));
  EXPECT_FALSE(encoder->reset());
  behaviour().fail_call = 0;
  ASSERT_TRUE(encoder->reset());
  ASSERT_TRUE(encoder->encode(picture));
  const auto packet = encoder->next_packet();
  ASSERT_TRUE(packet && *packet);
  EXPECT_TRUE((*packet)->info().key_frame);
}

}  // namespace
}  // namespace vsl
