// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/testing.hpp"
#include "dma_bufs.hpp"
#include "vicodec.hpp"

/// Codecs that vanish, programs that do not finish, streams that are broken.
namespace vsl::lab {
namespace {

class CodecFaultTest : public CodecTest {
 protected:
  /// Unplugs or plugs in all of vicodec.
  static bool tell_bus(const char* what) {
    std::ofstream file("/sys/bus/platform/drivers/vicodec/" + std::string(what));
    file << "vicodec.0" << std::flush;
    return file.good();
  }
  void TearDown() override { (void)tell_bus("bind"); }  // if a test left it without

  /// An encoder at work: dma-bufs in, packets out, the last one not fetched.
  static Result<Encoder> at_work(int pictures) {
    VSL_TRY(auto encoder, Encoder::create(fwht_encoder()));
    Frame picture = test::a_picture(fourcc("NV12"), 640, 360, 0,
                                    {MemorySource::dma_heap, kPageHeap, Access::read});
    for (int i = 0; i < pictures; ++i) {
      if (i > 0) VSL_CHECK(encoder.next_packet());
      VSL_CHECK(encoder.encode(picture));
    }
    return encoder;
  }
  static Result<Decoder> decoder_at_work(std::vector<Frame>& packets, std::vector<Frame>& held) {
    VSL_TRY(auto decoder, Decoder::create(fwht_decoder()));
    for (Frame& packet : packets) {
      VSL_CHECK(decoder.decode(packet));
      VSL_TRY(auto picture, decoder.next_picture());
      if (picture) held.push_back(std::move(*picture));
    }
    return decoder;
  }
  static std::vector<Frame> some_packets() {
    auto encoder = Encoder::create(fwht_encoder());
    return encode(*encoder).packets;
  }
};

TEST_F(CodecFaultTest, SaysThatTheCodecWasUnpluggedAndWorksWhenItIsBack) {
  auto packets = some_packets();
  {
    auto encoder = at_work(3);
    ASSERT_OK(encoder);
    std::vector<Frame> held;
    auto decoder = decoder_at_work(packets, held);
    ASSERT_OK(decoder);
    ASSERT_FALSE(held.empty());
    const auto before = test::pixels_of(held[0]);
    ASSERT_TRUE(tell_bus("unbind"));
    Frame picture = test::a_picture(fourcc("NV12"), 640, 360, 0);
    const auto encoded = encoder->encode(picture);
    ASSERT_FALSE(encoded);
    EXPECT_EQ(encoded.error().code, std::errc::no_such_device) << encoded.error().message();
    Result<std::optional<Frame>> decoded = std::optional<Frame>();
    ASSERT_OK(decoder->drain());
    decoded = decoder->next_picture();
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, std::errc::no_such_device) << decoded.error().message();
    EXPECT_EQ(test::pixels_of(held[0]), before) << "who has a picture keeps it";
    EXPECT_FALSE(Encoder::create(fwht_encoder()));
  }
  ASSERT_TRUE(tell_bus("bind"));
  auto again = at_work(3);
  ASSERT_OK(again);
}

TEST_F(CodecFaultTest, NoticesWhileItWaitsThatTheCodecIsUnplugged) {
  auto decoder = Decoder::create(fwht_decoder());
  ASSERT_OK(decoder);
  // The beginning of a unit: the decoder waits for the rest of it, and says nothing.
  auto packets = some_packets();
  const auto begin = packets[0].plane(0).first(packets[0].plane(0).size() / 2);
  ASSERT_OK(decoder->decode_unit(begin));
  ASSERT_OK(decoder->next_picture());
  ASSERT_OK(decoder->drain());
  std::thread other([] { (void)tell_bus("unbind"); });
  Result<std::optional<Frame>> picture = decoder->next_picture();
  other.join();
  // It may have been quicker than the one who pulled the plug.
  if (!picture) {
    EXPECT_EQ(picture.error().code, std::errc::no_such_device);
  }
  EXPECT_FALSE(Decoder::create(fwht_decoder()));
}

TEST_F(CodecFaultTest, SaysThatPermissionIsMissing) {
  const int told = testing::in_child([] {
    if (::setuid(65534) != 0) return 1;
    const auto encoder = Encoder::create(fwht_encoder());
    if (encoder) return 2;
    return encoder.error().message().find("ermission denied") != std::string::npos ? 0 : 3;
  });
  EXPECT_EQ(told, 0);
}

TEST_F(CodecFaultTest, LeavesNothingBehindWhereverItStops) {
  auto packets = some_packets();
  const auto use = [&](int pictures) {
    auto encoder = at_work(pictures);
    ASSERT_OK(encoder);
    if (pictures % 2 == 0) {
      ASSERT_OK(encoder->drain());
    }
    std::vector<Frame> held;
    auto decoder = decoder_at_work(packets, held);
    ASSERT_OK(decoder);
    if (pictures % 2 == 0) {
      ASSERT_OK(decoder->drain());
    }
  };
  use(1);
  const auto fds = testing::open_fd_count();
  const int dma_bufs = dma_bufs_alive();
  for (const int pictures : {0, 1, 2}) use(pictures);
  EXPECT_EQ(testing::open_fd_count(), fds);
  EXPECT_EQ(dma_bufs_alive(), dma_bufs);
}

TEST_F(CodecFaultTest, LeavesNothingBehindWhenItIsKilled) {
  auto packets = some_packets();
  const int dma_bufs = dma_bufs_alive();
  const int killed = testing::in_child([&] {
    auto encoder = at_work(3);
    std::vector<Frame> held;
    auto decoder = decoder_at_work(packets, held);
    if (encoder && decoder && !held.empty()) ::kill(::getpid(), SIGKILL);
    return 1;
  });
  EXPECT_EQ(killed, -1);
  EXPECT_EQ(dma_bufs_alive(), dma_bufs);
  EXPECT_OK(at_work(3));
}

TEST_F(CodecFaultTest, CountsPicturesThatTheDriverCallsDamagedAndGoesOn) {
  auto packets = some_packets();
  constexpr std::size_t kVersionByte = 8 + 3;  // of the header: magic, then big-endian words
  packets[4].plane(0)[kVersionByte] = std::byte{0x77};
  auto decoder = Decoder::create(fwht_decoder());
  ASSERT_OK(decoder);
  std::size_t pictures = 0;
  decode(*decoder, packets, [&](Frame&) { ++pictures; });
  EXPECT_GE(decoder->stats().damaged, 1U);
  EXPECT_GE(pictures, packets.size() - 1);
}

TEST_F(CodecFaultTest, GoesOnElsewhereAfterAResetInTheMiddleOfANewSize) {
  auto packets = some_packets();
  auto encoder = Encoder::create(fwht_encoder());
  ASSERT_OK(encoder);
  Coded larger = encode(*encoder, fourcc("I420"), -1, 800, 600);
  auto decoder = Decoder::create(fwht_decoder());
  ASSERT_OK(decoder);
  const auto ignore = [](Frame&) {};
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_OK(decoder->decode(packets[i]));
    test::take_pictures(*decoder, ignore);
  }
  ASSERT_OK(decoder->decode(larger.packets[0]));
  ASSERT_OK(decoder->next_picture());
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(decoder->reset());
    expect_pictures(*decoder, larger);
  }
}

}  // namespace
}  // namespace vsl::lab
