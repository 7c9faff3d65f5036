// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <vector>

#include "elements.hpp"
#include "src/base/testing.hpp"

namespace vsl {
namespace {

using namespace gst_test;

/// A format, and whether rows are padded beyond what GStreamer does by itself.
using FormatAndPadding = std::tuple<const char*, bool>;

class FormatTest : public ::testing::TestWithParam<FormatAndPadding> {};

void fill(GstVideoFrame& frame) {
  for (guint p = 0; p < GST_VIDEO_FRAME_N_PLANES(&frame); ++p) {
    auto* data = static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, p));
    const gint stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, p);
    for (gint i = 0; i < stride * 8; ++i)
      data[i] = static_cast<guint8>(i * 7 + static_cast<gint>(p));
  }
}

GstBuffer* padded_buffer(const GstVideoInfo& packed, bool padded) {
  GstVideoInfo info = packed;
  GstVideoAlignment alignment;
  gst_video_alignment_reset(&alignment);
  if (padded) {
    alignment.padding_right = 64;
    alignment.padding_bottom = 16;
  }
  gst_video_info_align(&info, &alignment);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, info.size, nullptr);
  gst_buffer_memset(buffer, 0, 0, info.size);
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info),
                                 static_cast<guint>(info.width), static_cast<guint>(info.height),
                                 GST_VIDEO_INFO_N_PLANES(&info), info.offset, info.stride);
  return buffer;
}

/// What a reader sees of a picture: its components, line by line, without padding.
std::vector<guint8> pixels_of(GstBuffer* buffer, const GstVideoInfo& info) {
  std::vector<guint8> all;
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, const_cast<GstVideoInfo*>(&info), buffer, GST_MAP_READ))
    return all;
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&frame); ++c) {
    const auto* data = static_cast<const guint8*>(GST_VIDEO_FRAME_COMP_DATA(&frame, c));
    for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c); ++y) {
      for (gint x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&frame, c); ++x) {
        all.push_back(data[y * GST_VIDEO_FRAME_COMP_STRIDE(&frame, c) +
                           x * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c)]);
      }
    }
  }
  gst_video_frame_unmap(&frame);
  return all;
}

TEST_P(FormatTest, ArrivesAsItWasSentWithPaddingOrWithout) {
  const auto& [format, padded] = GetParam();
  const std::string path = new_path();
  const std::string caps = std::string("video/x-raw,format=") + format +
                           ",width=30,height=18,framerate=25/1,pixel-aspect-ratio=4/3";
  const Harness sink = sink_harness(path, caps.c_str());
  const Harness source = source_harness(path);
  gst_harness_add_propose_allocation_meta(source.get(), GST_VIDEO_META_API_TYPE, nullptr);
  gst_harness_play(source.get());
  GstCaps* parsed = gst_caps_from_string(caps.c_str());
  GstVideoInfo info;
  ASSERT_TRUE(gst_video_info_from_caps(&info, parsed)) << format;
  gst_caps_unref(parsed);
  GstBuffer* sent = padded_buffer(info, padded);
  GstVideoFrame frame;
  ASSERT_TRUE(gst_video_frame_map(&frame, &info, sent, GST_MAP_WRITE));
  fill(frame);
  gst_video_frame_unmap(&frame);
  const auto expected = pixels_of(sent, info);
  ASSERT_EQ(gst_harness_push(sink.get(), sent), GST_FLOW_OK);
  GstBuffer* got = gst_harness_pull(source.get());
  ASSERT_NE(got, nullptr);
  GstCaps* now = gst_pad_get_current_caps(source->sinkpad);
  GstVideoInfo received;
  ASSERT_TRUE(gst_video_info_from_caps(&received, now));
  gst_caps_unref(now);
  EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&received), GST_VIDEO_INFO_FORMAT(&info));
  EXPECT_EQ(GST_VIDEO_INFO_PAR_N(&received), 4);
  EXPECT_EQ(pixels_of(got, received), expected);
  gst_buffer_unref(got);
}

INSTANTIATE_TEST_SUITE_P(
    Every, FormatTest,
    ::testing::Combine(::testing::Values("NV12", "YV12", "I420", "YUY2", "UYVY", "YVYU", "VYUY",
                                         "RGBA", "RGBx", "RGB", "BGRA", "BGRx", "BGR", "xRGB",
                                         "xBGR", "ARGB", "ABGR", "NV16", "NV21", "NV61", "NV24",
                                         "GRAY8", "GRAY16_LE", "Y42B", "Y444", "P010_10LE", "RGB16",
                                         "BGR16"),
                       ::testing::Bool()),
    [](const auto& about) {
      return std::string(std::get<0>(about.param)) + (std::get<1>(about.param) ? "Padded" : "");
    });

TEST(BothTest, NeitherDescriptorsNorCopiesGrowWithTheFrames) {
  const std::string path = new_path();
  const Pipeline sink(
      "videotestsrc is-live=false ! video/x-raw,format=NV12,width=64,height=32,framerate=5000/1 ! "
      "vslsink name=sink path=" +
      path);
  const Pipeline source("vslsrc name=src timeout=0 path=" + path + " ! fakesink sync=false");
  sink.set(GST_STATE_PLAYING);
  source.set(GST_STATE_PLAYING);
  const auto delivered = [&] { return stat(source.child("src"), "delivered"); };
  ASSERT_TRUE(until([&] { return delivered() > 500; }));
  const auto before = testing::open_fd_count();
  ASSERT_TRUE(until([&] { return delivered() > 10'500; }));
  EXPECT_LE(testing::open_fd_count(), before + 8);  // a pool that grew by buffers of upstream's
  EXPECT_EQ(stat(sink.child("sink"), "copied"), 0U);
  EXPECT_EQ(stat(source.child("src"), "copied"), 0U);
}

TEST(BothTest, MapsEachBufferOnceHoweverManyFramesLieInIt) {
  const std::string path = new_path();
  const Pipeline sink(
      "videotestsrc ! video/x-raw,format=NV12,width=64,height=32,framerate=1000/1 ! "
      "vslsink lifespan=1 path=" +
      path);
  const Pipeline source("vslsrc name=src timeout=0 path=" + path +
                        " ! identity name=reads signal-handoffs=true ! fakesink sync=false");
  const auto read = +[](GstElement*, GstBuffer* buffer, gpointer) {
    guint8 byte = 0;
    gst_buffer_extract(buffer, 0, &byte, 1);
  };
  g_signal_connect(source.child("reads"), "handoff", G_CALLBACK(read), nullptr);
  sink.set(GST_STATE_PLAYING);
  source.set(GST_STATE_PLAYING);
  ASSERT_TRUE(until([&] { return stat(source.child("src"), "delivered") > 300; }));
  EXPECT_GE(stat(source.child("src"), "maps"), 1U);
  EXPECT_LE(stat(source.child("src"), "maps"), 64U);
}

}  // namespace
}  // namespace vsl
