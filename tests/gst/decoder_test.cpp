// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "elements.hpp"
#include "writers.hpp"

namespace vsl {
namespace {

using namespace gst_test;

struct Decoder {
  const char* name;
  const char* encode;
  gint width, height;
  const char* library;  ///< whose code writes the pictures; none: it copies them by itself
};

void PrintTo(const Decoder& decoder, std::ostream* out) { *out << decoder.name; }

class DecoderTest : public ::testing::TestWithParam<Decoder> {
 protected:
  void SetUp() override {
    init();
    const std::string encoder = GetParam().encode;
    for (const std::string& name :
         {std::string(GetParam().name), encoder.substr(0, encoder.find(' '))}) {
      GstElementFactory* factory = gst_element_factory_find(name.c_str());
      if (factory == nullptr) GTEST_SKIP() << "the element " << name << " is not installed";
      gst_object_unref(factory);
    }
  }

  static std::string pipeline(const std::string& path) {
    return "videotestsrc pattern=white ! video/x-raw,format=I420,framerate=200/1,width=" +
           std::to_string(GetParam().width) + ",height=" + std::to_string(GetParam().height) +
           " ! " + GetParam().encode + " ! " + GetParam().name +
           " ! vslsink name=sink lifespan=20 memory=memfd path=" + path;
  }
};

/// Rows of the first plane that are not white from end to end.
int rows_not_white(const Lease& lease) {
  const auto plane = lease.plane(0);
  const Layout& layout = lease.info().layout;
  int bad = 0;
  for (std::size_t y = 0; y < layout.height_px; ++y) {
    bool white = true;
    for (std::size_t x = 0; x < layout.width_px; ++x) {
      white = white && std::to_integer<int>(plane[y * layout.planes[0].stride_bytes + x]) > 225;
    }
    bad += white ? 0 : 1;
  }
  return bad;
}

TEST_P(DecoderTest, WritesIntoTheBuffersThatReadersSee) {
  const std::string path = new_path();
  const Writers writers;
  const Pipeline running(pipeline(path));
  GstElement* const sink = running.child("sink");
  GstPad* pad = gst_element_get_static_pad(sink, "sink");
  const auto watch = +[](GstPad*, GstPadProbeInfo*, gpointer) {
    Writers::watch();
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, watch, nullptr, nullptr);
  gst_object_unref(pad);
  Client client = [&] {
    running.set(GST_STATE_PLAYING);
    return connect(path);
  }();
  for (int i = 0; i < 30; ++i) {
    const Lease lease = next(client);
    ASSERT_TRUE(lease) << running.wait(GST_MESSAGE_ERROR).second;
    EXPECT_EQ(lease.info().layout.width_px, static_cast<std::uint32_t>(GetParam().width));
    const int bad = rows_not_white(lease);
    EXPECT_TRUE(bad == 0 || !lease.valid()) << bad << " rows";
  }
  running.set(GST_STATE_PAUSED);
  EXPECT_EQ(stat(sink, "copied"), 0U);
  EXPECT_GE(stat(sink, "zero-copy"), 30U);
  if (GetParam().library == nullptr) return;
  EXPECT_LE(client.stats().fds_received, 20U) << "the same buffers all the time";
  int writes = 0;
  for (const auto& [library, count] : Writers::libraries()) {
    EXPECT_TRUE(library.starts_with(GetParam().library)) << library << " wrote " << count;
    writes += count;
  }
  EXPECT_GE(writes, 10) << "frames were written where nobody looked";
}

constexpr const char* kLowLatency = "x264enc tune=zerolatency speed-preset=ultrafast ! h264parse";
constexpr const char* kReordered =
    "x264enc speed-preset=superfast bframes=2 rc-lookahead=2 "
    "sync-lookahead=0 ! h264parse";

INSTANTIATE_TEST_SUITE_P(
    Every, DecoderTest,
    ::testing::Values(Decoder{"avdec_h264", kLowLatency, 320, 240, "libavcodec"},
                      Decoder{"avdec_h264", kReordered, 640, 360, "libavcodec"},
                      Decoder{"avdec_h265",
                              "x265enc tune=zerolatency speed-preset=ultrafast ! h265parse", 320,
                              240, "libavcodec"},
                      Decoder{"jpegdec", "jpegenc", 320, 240, "libjpeg"},
                      // No multiples of 16, which decoders want to write beyond.
                      Decoder{"avdec_h264", kLowLatency, 200, 100, nullptr},
                      Decoder{"jpegdec", "jpegenc", 200, 100, nullptr},
                      Decoder{"vp8dec", "vp8enc deadline=1", 320, 240, nullptr},
                      Decoder{"openh264dec",
                              "x264enc tune=zerolatency speed-preset=ultrafast ! "
                              "video/x-h264,profile=baseline ! h264parse",
                              200, 100, nullptr}),
    [](const auto& about) {
      return std::string(about.param.name) + "At" + std::to_string(about.param.width) + "x" +
             std::to_string(about.param.height);
    });

}  // namespace
}  // namespace vsl
