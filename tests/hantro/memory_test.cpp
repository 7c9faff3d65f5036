// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "coded_pictures.hpp"
#include "fake_heap.hpp"
#include "videostream/host.hpp"

namespace vsl::test {
namespace {

TEST(HantroMemoryTest, DecodesIntoMemoryThatIsSharedAsItIs) {
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

TEST(HantroMemoryTest, EncodesPicturesOfItsMemoryWhereTheyLieAndCopiesOthers) {
  EXPECT_EQ(encode(5).stats.copies, 5u);
  for (const Fourcc format : {fourcc("NV12"), fourcc("I420"), fourcc("YUYV")}) {
    Coded coded = encode(5, {}, /*heap=*/true, format);
    EXPECT_EQ(coded.stats.copies, 0u) << format.to_string();
    expect_pictures(coded);
  }
}

TEST(HantroMemoryTest, UsesTheWrappersMemoryWhereHeapsHaveNoneThatFits) {
  for (const Heap heap : {Heap::none, Heap::without_phys, Heap::high}) {
    set_heap(heap);
    Coded coded = encode(5);
    expect_pictures(coded);
    Decoder decoder = a_decoder();
    decode(decoder, coded.packets,
           [](Frame& picture) { EXPECT_EQ(picture.buffer(0)->kind(), MemoryKind::memfd); });
    EXPECT_EQ(decoder.stats().copies, 5u);
  }
}

TEST(HantroMemoryTest, TakesMemoryThatTheProcessorCachesWithBrackets) {
  set_heap(Heap::cached);
  Coded coded = encode(5);
  expect_pictures(coded);
}

TEST(HantroMemoryTest, NeverDecodesIntoAPictureThatAReaderHolds) {
  Coded coded = encode(30);
  Decoder decoder = a_decoder();
  std::vector<Frame> held;
  std::vector<Bytes> pixels;
  decode(decoder, coded.packets, [&](Frame& picture) {
    pixels.push_back(pixels_of(picture));
    held.push_back(std::move(picture));
  });
  ASSERT_EQ(held.size(), 30u);
  for (std::size_t i = 0; i < held.size(); ++i) EXPECT_EQ(pixels_of(held[i]), pixels[i]) << i;
  EXPECT_EQ(decoder.stats().copies, 30u - 6);  // so many may be out
  EXPECT_EQ(decoder.stats().buffers, 5u + 6);
}

TEST(HantroMemoryTest, PicturesStayReadableAfterTheirDecoderAndAfterAChangeOfSize) {
  Coded coded = encode(5);
  std::vector<Frame> held;
  std::vector<Bytes> pixels;
  const auto keep = [&](Frame& picture) {
    pixels.push_back(pixels_of(picture));
    held.push_back(std::move(picture));
  };
  {
    Decoder decoder = a_decoder();
    for (Frame& packet : coded.packets) ASSERT_TRUE(decoder.decode(packet));
    auto larger = Encoder::create({.backend = kHantro});
    ASSERT_TRUE(larger);
    for (int i = 0; i < 5; ++i) {
      Frame picture = a_picture(fourcc("NV12"), 320, 240, i);
      ASSERT_TRUE(larger->encode(picture));
      take_packets(*larger, [&](Frame& packet) { ASSERT_TRUE(decoder.decode(packet)); });
    }
    ASSERT_TRUE(decoder.drain());
    take_pictures(decoder, keep);
  }
  ASSERT_EQ(held.size(), 10u);
  for (std::size_t i = 0; i < held.size(); ++i) EXPECT_EQ(pixels_of(held[i]), pixels[i]) << i;
}

TEST(HantroMemoryTest, PicturesMayBeLetGoFromAnotherThreadWhileItDecodes) {
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

TEST(HantroMemoryTest, PicturesOnTheBusComeBackWhenNobodyReadsThem) {
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

TEST(HantroMemoryTest, PicturesThatComeOutOfOrderHaveTheirOwnTimes) {
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
    take_packets(*encoder, keep);
  }
  ASSERT_TRUE(encoder->drain());
  take_packets(*encoder, keep);
  Decoder decoder = a_decoder();
  std::int64_t pictures = 0;
  decode(decoder, packets,
         [&](Frame& picture) { EXPECT_EQ(picture.info().times.pts_ns, 1000 * pictures++); });
  EXPECT_EQ(pictures, 20);
}

}  // namespace
}  // namespace vsl::test
