// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

struct Decoder {
  const char* name;
  const char* encode;
  /// Pictures that were decoded before the decoder asked downstream for memory.
  guint64 most_copied;
};

class DecoderTest : public ::testing::TestWithParam<Decoder> {};

bool is_installed(const char* element) {
  init();
  GstElementFactory* factory = gst_element_factory_find(element);
  if (factory != nullptr) gst_object_unref(factory);
  return factory != nullptr;
}

constexpr gint kWidth = 200, kHeight = 100;  // no multiples of 16: decoders want room around them

/// Rows of the first plane that are not white from end to end.
int rows_not_white(const Lease& lease) {
  const auto plane = lease.plane(0);
  const std::uint32_t stride = lease.info().layout.planes[0].stride_bytes;
  int bad = 0;
  for (std::size_t y = 0; y < kHeight; ++y) {
    bool white = true;
    for (std::size_t x = 0; x < kWidth; ++x) {
      white = white && std::to_integer<int>(plane[y * stride + x]) > 225;
    }
    bad += white ? 0 : 1;
  }
  return bad;
}

TEST_P(DecoderTest, FillsTheBuffersThatReadersSee) {
  for (const char* element : {GetParam().name, "x264enc"}) {
    if (!is_installed(element)) GTEST_SKIP() << "the element " << element << " is not installed";
  }
  const std::string path = new_path();
  const Pipeline pipeline(
      "videotestsrc pattern=white ! video/x-raw,format=I420,framerate=200/1,width=" +
      std::to_string(kWidth) + ",height=" + std::to_string(kHeight) + " ! " + GetParam().encode +
      " ! " + GetParam().name + " ! vslsink name=sink lifespan=20 path=" + path);
  pipeline.set(GST_STATE_PLAYING);
  Client client = connect(path);
  GstElement* const sink = pipeline.child("sink");
  for (int i = 0; i < 30; ++i) {
    const Lease lease = next(client);
    ASSERT_TRUE(lease) << pipeline.wait(GST_MESSAGE_ERROR).second;
    EXPECT_EQ(lease.info().layout.width_px, static_cast<std::uint32_t>(kWidth));
    const int bad = rows_not_white(lease);
    EXPECT_TRUE(bad == 0 || !lease.valid()) << bad << " rows";
  }
  EXPECT_LE(stat(sink, "copied"), GetParam().most_copied);
  EXPECT_GE(stat(sink, "zero-copy"), 26U);
}

INSTANTIATE_TEST_SUITE_P(
    Every, DecoderTest,
    ::testing::Values(
        Decoder{"jpegdec", "jpegenc", 0},
        Decoder{"openh264dec",
                "x264enc tune=zerolatency speed-preset=ultrafast ! video/x-h264,profile=baseline ! "
                "h264parse",
                0},
        Decoder{"avdec_h264",
                "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! h264parse", 4}),
    [](const auto& about) { return about.param.name; });

}  // namespace
}  // namespace vsl
