// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "elements.hpp"

/// Pictures of which a part is to be seen: caps have the size of that part, GstVideoMeta says what
/// lies in memory, GstVideoCropMeta where in it the part is.
namespace vsl {
namespace {

using namespace gst_test;

constexpr guint kWidth = 64, kHeight = 32;
constexpr Rect kPart{10, 6, 20, 12};

/// A sample's value tells where it was.
guint8 value_at(guint component, guint x, guint y) {
  return static_cast<guint8>(x * 3 + y * 7 + component * 50);
}

/// One sample of 8 bits.
guint8* sample(GstVideoFrame& frame, guint component, guint x, guint y) {
  return static_cast<guint8*>(GST_VIDEO_FRAME_COMP_DATA(&frame, component)) +
         GST_VIDEO_FRAME_COMP_STRIDE(&frame, component) * static_cast<int>(y) +
         GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component) * static_cast<int>(x);
}

template <class Body>
void for_each_sample(GstVideoFrame& frame, const Body& body) {
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&frame); ++c) {
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c); ++y) {
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&frame, c); ++x) {
        body(c, static_cast<guint>(x), static_cast<guint>(y));
      }
    }
  }
}

/// A whole picture, of which `part` is to be seen.
GstBuffer* picture(GstVideoFormat format, const Rect& part) {
  GstVideoInfo video;
  gst_video_info_set_format(&video, format, kWidth, kHeight);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, video.size, nullptr);
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, format, kWidth, kHeight,
                                 GST_VIDEO_INFO_N_PLANES(&video), video.offset, video.stride);
  GstVideoFrame frame;
  gst_video_frame_map(&frame, &video, buffer, GST_MAP_WRITE);
  for_each_sample(frame,
                  [&](guint c, guint x, guint y) { *sample(frame, c, x, y) = value_at(c, x, y); });
  gst_video_frame_unmap(&frame);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer);
  crop->x = static_cast<guint>(part.x);
  crop->y = static_cast<guint>(part.y);
  crop->width = static_cast<guint>(part.width);
  crop->height = static_cast<guint>(part.height);
  return buffer;
}

std::string caps_of_part(GstVideoFormat format, const Rect& part) {
  return std::string("video/x-raw,framerate=25/1,format=") + gst_video_format_to_string(format) +
         ",width=" + std::to_string(part.width) + ",height=" + std::to_string(part.height);
}

/// Samples of a buffer, read as its caps and meta say, that are not those of the part.
int wrong_samples(const Harness& harness, GstBuffer* buffer, const Rect& part) {
  GstCaps* caps = gst_pad_get_current_caps(harness->sinkpad);
  GstVideoInfo video;
  EXPECT_TRUE(gst_video_info_from_caps(&video, caps));
  gst_caps_unref(caps);
  EXPECT_EQ(GST_VIDEO_INFO_WIDTH(&video), part.width);
  EXPECT_EQ(GST_VIDEO_INFO_HEIGHT(&video), part.height);
  GstVideoFrame frame;
  EXPECT_TRUE(gst_video_frame_map(&frame, &video, buffer, GST_MAP_READ));
  EXPECT_EQ(GST_VIDEO_FRAME_WIDTH(&frame), part.width);
  int wrong = 0;
  for_each_sample(frame, [&](guint c, guint x, guint y) {
    const guint from_x = static_cast<guint>(part.x) >> GST_VIDEO_FORMAT_INFO_W_SUB(video.finfo, c);
    const guint from_y = static_cast<guint>(part.y) >> GST_VIDEO_FORMAT_INFO_H_SUB(video.finfo, c);
    wrong += *sample(frame, c, x, y) != value_at(c, x + from_x, y + from_y) ? 1 : 0;
  });
  gst_video_frame_unmap(&frame);
  return wrong;
}

struct Relay {
  Relay(GstVideoFormat format, const Rect& part, const char* copy, bool takes_crop = false)
      : sink(sink_harness(path, caps_of_part(format, part).c_str())), source(source_harness(path)) {
    gst_util_set_object_arg(G_OBJECT(source->element), "copy", copy);
    gst_harness_add_propose_allocation_meta(source.get(), GST_VIDEO_META_API_TYPE, nullptr);
    if (takes_crop) {
      gst_harness_add_propose_allocation_meta(source.get(), GST_VIDEO_CROP_META_API_TYPE, nullptr);
    }
    gst_harness_play(source.get());
  }
  BufferRef pass(GstBuffer* buffer) const {
    EXPECT_EQ(gst_harness_push(sink.get(), buffer), GST_FLOW_OK);
    return pull(source);
  }

  const std::string path = new_path();
  Harness sink, source;
};

class CropTest : public ::testing::TestWithParam<std::tuple<GstVideoFormat, const char*>> {};

TEST_P(CropTest, ElementsThatKnowNoCropGetThePartThatIsToBeSeen) {
  const auto [format, copy] = GetParam();
  // An odd place is right for luma; chroma that two pixels share begins with them.
  const bool pairs = format == GST_VIDEO_FORMAT_YUY2 || format == GST_VIDEO_FORMAT_UYVY;
  for (const Rect& part : {kPart, Rect{11, 7, 21, 11}, Rect{0, 0, 63, 31}, Rect{63, 31, 1, 1}}) {
    if (pairs && part.x % 2 != 0) continue;
    const Relay relay(format, part, copy);
    const BufferRef got = relay.pass(picture(format, part));
    ASSERT_NE(got, nullptr);
    EXPECT_EQ(wrong_samples(relay.source, got.get(), part), 0) << part.x << "," << part.y;
    EXPECT_EQ(gst_buffer_get_video_crop_meta(got.get()), nullptr);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, CropTest,
    ::testing::Combine(::testing::Values(GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12,
                                         GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_NV16,
                                         GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_UYVY,
                                         GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_RGB,
                                         GST_VIDEO_FORMAT_BGRA, GST_VIDEO_FORMAT_Y444),
                       ::testing::Values("never", "always")),
    [](const auto& about) {
      return std::string(gst_video_format_to_string(std::get<0>(about.param))) + "_copy_" +
             std::get<1>(about.param);
    });

TEST(CropTest, AReaderGetsTheWholePictureAndWhereInItThePartIs) {
  const std::string path = new_path();
  const Harness sink = sink_harness(path, caps_of_part(GST_VIDEO_FORMAT_NV12, kPart).c_str());
  Client client = connect(path);
  ASSERT_EQ(gst_harness_push(sink.get(), picture(GST_VIDEO_FORMAT_NV12, kPart)), GST_FLOW_OK);
  const Lease lease = next(client);
  ASSERT_TRUE(lease);
  const FrameInfo& info = lease.info();
  EXPECT_EQ(info.layout.width_px, kWidth);
  EXPECT_EQ(info.layout.height_px, kHeight);
  EXPECT_EQ(info.crop, kPart);
  const auto luma = lease.plane(0);
  EXPECT_EQ(static_cast<guint8>(luma[6 * info.layout.planes[0].stride_bytes + 10]),
            value_at(0, 10, 6));
}

TEST(CropTest, ElementsThatKnowCropsGetTheWholePictureToo) {
  const Relay relay(GST_VIDEO_FORMAT_I420, kPart, "never", true);
  const BufferRef got = relay.pass(picture(GST_VIDEO_FORMAT_I420, kPart));
  ASSERT_NE(got, nullptr);
  const GstVideoMeta* meta = gst_buffer_get_video_meta(got.get());
  const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(got.get());
  ASSERT_NE(meta, nullptr);
  ASSERT_NE(crop, nullptr);
  EXPECT_EQ(meta->width, kWidth);
  EXPECT_EQ(crop->x, 10U);
  EXPECT_TRUE(caps_of(relay.source).find("width=(int)20, height=(int)12") != std::string::npos);
}

TEST(CropTest, APartThatMovesChangesNoCaps) {
  const Relay relay(GST_VIDEO_FORMAT_NV12, kPart, "never");
  for (int i = 0; i < 4; ++i) {
    const Rect part{kPart.x + 2 * i, kPart.y + i, kPart.width, kPart.height};
    const BufferRef got = relay.pass(picture(GST_VIDEO_FORMAT_NV12, part));
    ASSERT_NE(got, nullptr);
    EXPECT_EQ(wrong_samples(relay.source, got.get(), part), 0);
  }
}

TEST(CropTest, APartThatIsNotInThePictureIsNone) {
  const std::string path = new_path();
  const Harness sink = sink_harness(path, caps_of_part(GST_VIDEO_FORMAT_NV12, kPart).c_str());
  Client client = connect(path);
  for (const Rect& part : {Rect{50, 0, 20, 12}, Rect{0, 0, 0, 4}, Rect{0, 0, 64, 33}}) {
    ASSERT_EQ(gst_harness_push(sink.get(), picture(GST_VIDEO_FORMAT_NV12, part)), GST_FLOW_OK);
    EXPECT_EQ(next(client).info().crop, Rect{});
  }
}

}  // namespace
}  // namespace vsl
