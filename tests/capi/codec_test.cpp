// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#define VSL_TARGET_VERSION 2007000
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "videostream.h"

namespace {

constexpr int kWidthPx = 320, kHeightPx = 240;
constexpr uint32_t kH264 = VSL_FOURCC('H', '2', '6', '4');
constexpr uint32_t kHevc = VSL_FOURCC('H', 'E', 'V', 'C');
constexpr uint32_t kNv12 = VSL_FOURCC('N', 'V', '1', '2');
constexpr int64_t kPictureNs = 33'333'333;

struct Release {
  void operator()(VSLEncoder* encoder) const { vsl_encoder_release(encoder); }
  void operator()(VSLDecoder* decoder) const { vsl_decoder_release(decoder); }
  void operator()(VSLFrame* frame) const { vsl_frame_release(frame); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

Owned<VSLFrame> a_picture(int number) {
  Owned<VSLFrame> frame(vsl_frame_init(kWidthPx, kHeightPx, kWidthPx, kNv12, nullptr, nullptr));
  EXPECT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0);
  auto* bytes = static_cast<unsigned char*>(vsl_frame_mmap(frame.get(), nullptr));
  for (int i = 0; i < kWidthPx * kHeightPx; ++i) {
    bytes[i] = static_cast<unsigned char>(16 + (i % kWidthPx + i / kWidthPx + 3 * number) % 200);
  }
  std::memset(bytes + kWidthPx * kHeightPx, 128, kWidthPx * kHeightPx / 2);
  vsl_frame_munmap(frame.get());
  return frame;
}

Owned<VSLFrame> an_output(const VSLEncoder* encoder, int number) {
  const int64_t stamp = number * kPictureNs;
  return Owned<VSLFrame>(
      vsl_encoder_new_output_frame(encoder, kWidthPx, kHeightPx, kPictureNs, stamp, stamp));
}

class CodecTest : public testing::TestWithParam<uint32_t> {
 protected:
  // All packets of `count` pictures, one behind the other.
  std::vector<unsigned char> encode(int count) {
    std::vector<unsigned char> stream;
    Owned<VSLEncoder> encoder(vsl_encoder_create(VSL_ENCODE_PROFILE_5000_KBPS, GetParam(), 30));
    EXPECT_NE(encoder, nullptr) << vsl_last_error();
    for (int i = 0; i < count; ++i) {
      const auto source = a_picture(i);
      const auto output = an_output(encoder.get(), i);
      int key = -1;
      const int bytes = vsl_encode_frame(encoder.get(), source.get(), output.get(), nullptr, &key);
      EXPECT_GT(bytes, 0) << vsl_last_error();
      EXPECT_EQ(vsl_frame_size(output.get()), bytes);
      EXPECT_EQ(vsl_frame_pts(output.get()), i * kPictureNs);
      EXPECT_EQ(key, i % 30 == 0 ? 1 : 0);
      const auto* data = static_cast<unsigned char*>(vsl_frame_mmap(output.get(), nullptr));
      stream.insert(stream.end(), data, data + bytes);
    }
    return stream;
  }
};

TEST_P(CodecTest, EncodesAHundredPicturesWithoutHardware) { EXPECT_FALSE(encode(100).empty()); }

TEST_P(CodecTest, DecodesEveryPictureItEncodedAsNv12) {
  const auto stream = encode(20);
  Owned<VSLDecoder> decoder(vsl_decoder_create_ex(GetParam(), 30, VSL_CODEC_BACKEND_AUTO));
  ASSERT_NE(decoder, nullptr) << vsl_last_error();
  EXPECT_EQ(vsl_decoder_width(decoder.get()), 0);
  int pictures = 0, sizes = 0;
  std::size_t position = 0;
  bool drained = false;
  for (;;) {
    const auto rest = static_cast<unsigned>(std::min<std::size_t>(stream.size() - position, 1000));
    std::size_t used = 99;
    VSLFrame* output = nullptr;
    const int code =
        vsl_decode_frame(decoder.get(), stream.data() + position, rest, &used, &output);
    ASSERT_EQ(code & VSL_DEC_ERR, 0) << vsl_last_error();
    EXPECT_EQ((code & VSL_DEC_FRAME_DEC) != 0, output != nullptr);
    sizes += (code & VSL_DEC_INIT_INFO) != 0 ? 1 : 0;
    position += used;
    if (output != nullptr) {
      ++pictures;
      EXPECT_EQ(vsl_frame_fourcc(output), kNv12);
      EXPECT_EQ(vsl_frame_width(output), kWidthPx);
      EXPECT_GT(vsl_frame_handle(output), 2);
      const auto* bytes = static_cast<unsigned char*>(vsl_frame_mmap(output, nullptr));
      EXPECT_NEAR(bytes[vsl_frame_stride(output) * 20 + 30],
                  16 + (30 + 20 + 3 * (pictures - 1)) % 200, 40);
      vsl_frame_release(output);
    } else if (position == stream.size()) {
      if (drained) break;
      ASSERT_EQ(vsl_decoder_drain(decoder.get()), 0);
      drained = true;
    }
  }
  EXPECT_EQ(pictures, 20);
  EXPECT_EQ(sizes, 1);
  EXPECT_EQ(vsl_decoder_width(decoder.get()), kWidthPx);
  EXPECT_EQ(vsl_decoder_crop(decoder.get()).height, kHeightPx);
}

TEST_P(CodecTest, PicturesOutliveTheirDecoder) {
  const auto stream = encode(3);
  Owned<VSLDecoder> decoder(vsl_decoder_create_ex(GetParam(), 30, VSL_CODEC_BACKEND_SOFTWARE));
  ASSERT_NE(decoder, nullptr) << vsl_last_error();
  std::size_t used = 0;
  VSLFrame* output = nullptr;
  vsl_decode_frame(decoder.get(), stream.data(), static_cast<unsigned>(stream.size()), &used,
                   &output);
  EXPECT_EQ(used, stream.size());
  ASSERT_NE(output, nullptr);
  decoder.reset();
  EXPECT_NE(vsl_frame_mmap(output, nullptr), nullptr);
  vsl_frame_release(output);
}

TEST_P(CodecTest, ADrainedEncoderGivesOnePacketForEachPictureAlsoWhenItLooksAhead) {
  const VSLEncoderOptions options{.size = sizeof options,
                                  .codec = GetParam(),
                                  .bitrate = 1'000'000,
                                  .gop = 50,
                                  .b_frames = 2,
                                  .look_ahead = 1};
  Owned<VSLEncoder> encoder(vsl_encoder_create_options(&options));
  ASSERT_NE(encoder, nullptr) << vsl_last_error();
  EXPECT_EQ(vsl_encoder_parameter_sets(encoder.get(), nullptr), nullptr);
  int packets = 0;
  for (int i = 0; i < 12; ++i) {
    const auto output = an_output(encoder.get(), i);
    const int bytes =
        vsl_encode_frame(encoder.get(), a_picture(i).get(), output.get(), nullptr, nullptr);
    ASSERT_GE(bytes, 0) << vsl_last_error();
    packets += bytes > 0 ? 1 : 0;
  }
  ASSERT_EQ(vsl_encoder_drain(encoder.get()), 0);
  const auto output = an_output(encoder.get(), 0);
  while (vsl_encoder_next_packet(encoder.get(), output.get(), nullptr) > 0) ++packets;
  EXPECT_EQ(packets, 12);
  std::size_t size = 0;
  EXPECT_NE(vsl_encoder_parameter_sets(encoder.get(), &size), nullptr);
  EXPECT_GT(size, 10u);
  EXPECT_EQ(std::string(vsl_encoder_backend_name(encoder.get())).rfind("software: lib", 0), 0u);
}

TEST_P(CodecTest, AForcedKeyFrameComesNext) {
  Owned<VSLEncoder> encoder(vsl_encoder_create(VSL_ENCODE_PROFILE_AUTO, GetParam(), 30));
  ASSERT_NE(encoder, nullptr);
  for (int i = 0; i < 4; ++i) {
    const auto output = an_output(encoder.get(), i);
    if (i == 2) {
      ASSERT_EQ(vsl_encoder_force_key_frame(encoder.get()), 0);
    }
    int key = -1;
    vsl_encode_frame(encoder.get(), a_picture(i).get(), output.get(), nullptr, &key);
    EXPECT_EQ(key, i == 0 || i == 2 ? 1 : 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, CodecTest, testing::Values(kH264, kHevc),
                         [](const auto& codec) { return codec.param == kH264 ? "H264" : "HEVC"; });

TEST(CodecErrorTest, SaysWhatIsWrongWithWhatItWasGiven) {
  EXPECT_EQ(vsl_encoder_create(VSL_ENCODE_PROFILE_AUTO, kNv12, 30), nullptr);
  EXPECT_EQ(errno, ENOTSUP);
  EXPECT_EQ(vsl_decoder_create_ex(kNv12, 30, VSL_CODEC_BACKEND_AUTO), nullptr);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(
      vsl_encoder_create_ex(VSL_ENCODE_PROFILE_AUTO, kH264, 30, static_cast<VSLCodecBackend>(7)),
      nullptr);
  EXPECT_EQ(errno, ENOTSUP);
  EXPECT_EQ(vsl_encode_frame(nullptr, nullptr, nullptr, nullptr, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(vsl_decode_frame(nullptr, nullptr, 0, nullptr, nullptr), VSL_DEC_ERR);
  EXPECT_EQ(errno, EINVAL);
  vsl_encoder_release(nullptr);
  EXPECT_EQ(vsl_decoder_release(nullptr), 0);
}

TEST(CodecErrorTest, ADestinationThatIsTooSmallIsRefused) {
  Owned<VSLEncoder> encoder(vsl_encoder_create(VSL_ENCODE_PROFILE_AUTO, kH264, 30));
  const auto source = a_picture(0);
  Owned<VSLFrame> small(vsl_frame_init(8, 8, 8, kH264, nullptr, nullptr));
  EXPECT_EQ(vsl_encode_frame(encoder.get(), source.get(), small.get(), nullptr, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);  // it has no memory at all
  const int fd = ::memfd_create("small", MFD_CLOEXEC);
  ASSERT_EQ(::ftruncate(fd, 64), 0);
  ASSERT_EQ(vsl_frame_attach(small.get(), fd, 64, 0), 0);
  ::close(fd);
  EXPECT_EQ(vsl_encode_frame(encoder.get(), source.get(), small.get(), nullptr, nullptr), -1);
  EXPECT_EQ(errno, ENOBUFS);
}

TEST(CodecErrorTest, ACropOutsideThePictureIsRefused) {
  Owned<VSLEncoder> encoder(vsl_encoder_create(VSL_ENCODE_PROFILE_AUTO, kH264, 30));
  const auto source = a_picture(0);
  const auto output = an_output(encoder.get(), 0);
  const VSLRect crop{.x = 200, .y = 0, .width = 160, .height = 120};
  EXPECT_EQ(vsl_encode_frame(encoder.get(), source.get(), output.get(), &crop, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST(CodecErrorTest, TellsWhatIsAvailable) {
  EXPECT_EQ(vsl_codec_available(kH264, 1, VSL_CODEC_BACKEND_SOFTWARE), 1);
  EXPECT_EQ(vsl_codec_available(kHevc, 0, VSL_CODEC_BACKEND_AUTO), 1);
  EXPECT_EQ(vsl_codec_available(kNv12, 1, VSL_CODEC_BACKEND_AUTO), 0);
  EXPECT_NE(std::string(vsl_last_error()).find("libx264"), std::string::npos);
}

}  // namespace
