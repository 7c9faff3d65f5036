// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

struct Bayer {
  const char* name;
  Fourcc fourcc;
};

class BayerTest : public ::testing::TestWithParam<Bayer> {
 protected:
  static std::string caps() {
    return std::string("video/x-bayer, format=(string)") + GetParam().name +
           ", width=(int)30, height=(int)18, framerate=(fraction)25/1";
  }
};

constexpr gsize kStride = 32, kRows = 18, kColumns = 30;  // GStreamer pads rows to four bytes

GstBuffer* counted() {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, kStride * kRows, nullptr);
  for (gsize i = 0; i < kStride * kRows; ++i) {
    gst_buffer_memset(buffer, i, static_cast<guint8>(i * 7), 1);
  }
  return buffer;
}

guint8 byte_of(const BufferRef& buffer, gsize x, gsize y) {
  guint8 byte = 0;
  gst_buffer_extract(buffer.get(), y * kStride + x, &byte, 1);
  return byte;
}

TEST_P(BayerTest, VslsinkPublishesItByTheCodeOfV4l2) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, caps().c_str());
  Client client = connect(path);
  ASSERT_EQ(gst_harness_push(harness.get(), counted()), GST_FLOW_OK);
  const Lease lease = next(client);
  ASSERT_TRUE(lease);
  const Layout& layout = lease.info().layout;
  EXPECT_EQ(layout.fourcc, GetParam().fourcc);
  EXPECT_EQ(layout.width_px, 30U);
  const std::size_t at = layout.planes[0].stride_bytes * std::size_t{17} + 29;
  EXPECT_EQ(std::to_integer<int>(lease.plane(0)[at]), static_cast<guint8>((17 * kStride + 29) * 7));
}

TEST_P(BayerTest, ArrivesAsItWasSent) {
  const std::string path = new_path();
  const Harness sink = sink_harness(path, caps().c_str());
  const Harness source = source_harness(path);
  gst_harness_play(source.get());
  const BufferRef sent(counted());
  ASSERT_EQ(gst_harness_push(sink.get(), gst_buffer_ref(sent.get())), GST_FLOW_OK);
  const BufferRef got = pull(source);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(caps_of(source), caps());
  for (gsize y = 0; y < kRows; ++y) {
    for (gsize x = 0; x < kColumns; ++x)
      ASSERT_EQ(byte_of(got, x, y), byte_of(sent, x, y)) << x << "," << y;
  }
}

TEST_P(BayerTest, RowsOfAnyLengthArriveAsGStreamerWantsThem) {
  const std::string path = new_path();
  Producer producer(
      path, {.format = GetParam().fourcc, .width_px = 30, .height_px = 18, .stride_align = 64});
  const Harness source = source_harness(path);
  gst_harness_play(source.get());
  producer.publish();
  const BufferRef got = pull(source);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(gst_buffer_get_size(got.get()), kStride * kRows);
  EXPECT_EQ(byte_of(got, 29, 17), 7);
  EXPECT_EQ(stat(source->element, "copied"), 1U);
}

INSTANTIATE_TEST_SUITE_P(Every, BayerTest,
                         ::testing::Values(Bayer{"bggr", fourcc("BA81")},
                                           Bayer{"gbrg", fourcc("GBRG")},
                                           Bayer{"grbg", fourcc("GRBG")},
                                           Bayer{"rggb", fourcc("RGGB")}),
                         [](const auto& about) { return std::string(about.param.name); });

TEST(BayerCodesTest, FormatsWithoutANameInGStreamerAreAnErrorThatNamesThem) {
  const std::string path = new_path();
  Producer producer(path, {.format = fourcc("RG10"), .width_px = 30, .height_px = 18});
  producer.publish();
  const Pipeline pipeline("vslsrc timeout=0 path=" + path + " ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  const auto [type, text] = pipeline.wait(GST_MESSAGE_ERROR);
  EXPECT_NE(text.find("Cannot hand on what " + path), std::string::npos) << text;
}

}  // namespace
}  // namespace vsl
