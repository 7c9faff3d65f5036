// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/testing.hpp"
#include "dma_bufs.hpp"
#include "vicodec.hpp"
#include "videostream/host.hpp"

/// Pictures that an encoder reads and a decoder writes where they lie, and those it cannot.
namespace vsl::lab {
namespace {

// A size that the driver does not round, so that rows lie as it wants them.
constexpr std::uint32_t kEvenWidthPx = 640, kEvenHeightPx = 480;
const MemoryOptions kHeap{MemorySource::dma_heap, kPageHeap, Access::read};

class CodecZeroCopyTest : public CodecTest {
 protected:
  static Frame a_dma_buf(int number, Fourcc format = fourcc("NV12"),
                         std::uint32_t width_px = kEvenWidthPx,
                         std::uint32_t height_px = kEvenHeightPx,
                         const MemoryOptions& memory = kHeap) {
    return test::a_picture(format, width_px, height_px, number, memory);
  }
  static DecoderOptions to_nv12() {
    DecoderOptions options = fwht_decoder();
    options.format = fourcc("NV12");
    return options;
  }
  static void finish(Encoder& encoder, Coded& coded) {
    ASSERT_OK(encoder.drain());
    keep_packets(encoder, coded);
  }
  static void encode_all(Encoder& encoder, Camera& camera, std::uint32_t buffers, Coded& coded) {
    for (int i = 0; i < kPictures; ++i) {
      auto picture = next(camera);
      ASSERT_OK(picture);
      ASSERT_EQ(picture->info().layout.buffer_count, buffers);
      encode_one(encoder, *picture, coded);
    }
    finish(encoder, coded);
  }
};

TEST_F(CodecZeroCopyTest, ReadsDmaBufsWhereTheyAreAndIsDoneWithThemWhenEncodeReturns) {
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  Coded coded;
  Frame picture = a_dma_buf(0);
  for (int i = 0; i < kPictures; ++i) {
    test::paint(picture, i);
    encode_one(*encoder, picture, coded, i == 5);
    const auto luma = picture.plane(0);
    std::fill(luma.begin(), luma.end(), std::byte{0});
    picture.end_cpu_access();
  }
  finish(*encoder, coded);
  EXPECT_EQ(encoder->stats().copies, 0U);
  auto decoder = Decoder::create(to_nv12());
  ASSERT_OK(decoder);
  expect_pictures(*decoder, coded);
  EXPECT_EQ(decoder->stats().copies, 0U);
}

TEST_F(CodecZeroCopyTest, TakesTheBuffersOfACameraAndGivesOutTheDecodersOwn) {
  for (const Vivid which : kBothKinds) {
    SCOPED_TRACE(find_vivid(which));
    CameraOptions options = small(fourcc("NV12"));
    options.height_px = kEvenHeightPx;
    options.memory = CameraMemory::mmap;
    auto camera = stream_vivid(which, options);
    ASSERT_OK(camera);
    auto encoder = Encoder::create(fwht_encoder());
    ASSERT_OK(encoder);
    Coded coded;
    encode_all(*encoder, *camera, 1, coded);
    EXPECT_EQ(encoder->stats().copies + camera->stats().copies, 0U);
    auto decoder = Decoder::create(to_nv12());
    ASSERT_OK(decoder);
    std::size_t pictures = 0;
    decode(*decoder, coded.packets, [&](Frame& picture) {
      EXPECT_EQ(picture.buffer(0)->kind(), MemoryKind::dma_buf);
      EXPECT_GT(test::psnr_db(coded.pictures[pictures++], test::pixels_of(picture)), kWorstDb);
    });
    EXPECT_EQ(pictures, coded.pictures.size());
    EXPECT_EQ(decoder->stats().copies, 0U);
  }
}

TEST_F(CodecZeroCopyTest, CopiesAndCountsPicturesThatLieOtherwiseThanTheDriverWants) {
  auto camera = stream_vivid(Vivid::multi_planar, small(fourcc("NM12")));
  ASSERT_OK(camera);
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  Coded coded;
  encode_all(*encoder, *camera, 2, coded);
  EXPECT_EQ(encoder->stats().copies, static_cast<std::uint64_t>(kPictures));
  auto decoder = Decoder::create(to_nv12());
  ASSERT_OK(decoder);
  expect_pictures(*decoder, coded);
}

TEST_F(CodecZeroCopyTest, CopiesOnlyThosePicturesOfAStreamThatAreNoDmaBufs) {
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  Coded coded;
  for (int i = 0; i < kPictures; ++i) {
    Frame picture =
        i % 3 == 1 ? test::a_picture(fourcc("NV12"), kEvenWidthPx, kEvenHeightPx, i) : a_dma_buf(i);
    encode_one(*encoder, picture, coded);
  }
  finish(*encoder, coded);
  EXPECT_EQ(encoder->stats().copies, 4U);
  auto decoder = Decoder::create(to_nv12());
  ASSERT_OK(decoder);
  expect_pictures(*decoder, coded);
}

TEST_F(CodecZeroCopyTest, HasTheDriverCropWhatItCanAndCopiesTheOtherTilesOfAPicture) {
  constexpr std::int32_t kTileWidthPx = 640, kTileHeightPx = 360;
  Frame whole = a_dma_buf(0, fourcc("I420"), 2 * kTileWidthPx, 2 * kTileHeightPx);
  for (const std::int32_t x : {0, kTileWidthPx}) {
    for (const std::int32_t y : {0, kTileHeightPx}) {
      const Rect part{x, y, kTileWidthPx, kTileHeightPx};
      auto encoder = Encoder::create(fwht_encoder());
      ASSERT_OK(encoder);
      ASSERT_OK(encoder->encode(whole, {.crop = part}));
      Coded coded;
      finish(*encoder, coded);
      ASSERT_EQ(coded.packets.size(), 1U);
      // vicodec crops at the right and at the bottom only
      EXPECT_EQ(encoder->stats().copies, x == 0 && y == 0 ? 0U : 1U);
      coded.pictures.push_back(test::pixels_of(whole, part));
      auto decoder = Decoder::create(fwht_decoder());
      ASSERT_OK(decoder);
      expect_pictures(*decoder, coded);
    }
  }
}

TEST_F(CodecZeroCopyTest, CopiesWhenThereIsNoHeapForThePicturesThatTheDriverMayRefuse) {
  const int worked = testing::in_child([&] {
    const bool hidden =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    Frame picture = a_dma_buf(0);
    auto encoder = Encoder::create(fwht_encoder());
    if (!hidden || ::mount("none", "/dev/dma_heap", "tmpfs", 0, nullptr) != 0) return 99;
    if (!encoder || !encoder->encode(picture)) return 1;
    const auto packet = encoder->next_packet();
    return packet && *packet && encoder->stats().copies == 1 ? 0 : 2;
  });
  EXPECT_EQ(worked, 0);
}

TEST_F(CodecZeroCopyTest, GoesOverTheBusAsPicturesAndAsPackets) {
  const auto listen = [](const char* name) {
    return Host::listen("/tmp/" + std::string(name) + std::to_string(::getpid()),
                        {.service_thread = true});
  };
  const auto pass = [](Host& host, Client& client, Frame frame) -> Result<Lease> {
    VSL_CHECK(host.publish(std::move(frame)));
    VSL_TRY(auto lease, client.wait_frame(kPictureLimit));
    if (!lease) return Error::of(std::errc::timed_out, "wait for a frame");
    return std::move(*lease);
  };
  auto host = listen("codec-bus-");
  ASSERT_OK(host);
  auto client = Client::connect(host->path());
  ASSERT_OK(client);
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  auto decoder = Decoder::create(to_nv12());
  ASSERT_OK(decoder);
  int shown = 0;
  const auto show = [&](Frame& picture) {
    const std::uint64_t memory = picture.buffer(0)->inode();
    auto lease = pass(*host, *client, std::move(picture));
    ASSERT_OK(lease);
    struct stat status {};
    ASSERT_EQ(::fstat(lease->buffer_fd(0), &status), 0);
    EXPECT_EQ(status.st_ino, memory) << "the reader has what the driver wrote";
    ++shown;
  };
  for (int i = 0; i < kPictures; ++i) {
    auto picture = pass(*host, *client, a_dma_buf(i));
    ASSERT_OK(picture);
    ASSERT_OK(encoder->encode(*picture));
    auto packet = encoder->next_packet();
    ASSERT_TRUE(packet && *packet);
    auto coded = pass(*host, *client, std::move(**packet));
    ASSERT_OK(coded);
    ASSERT_OK(decoder->decode(*coded));
    test::take_pictures(*decoder, show);
  }
  ASSERT_OK(decoder->drain());
  test::take_pictures(*decoder, show);
  EXPECT_EQ(shown, kPictures);
  EXPECT_EQ(encoder->stats().copies + decoder->stats().copies, 0U);
}

}  // namespace
}  // namespace vsl::lab
