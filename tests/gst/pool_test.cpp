// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

constexpr const char* kCaps = "video/x-raw,format=NV12,width=64,height=32,framerate=25/1";

/// The pool that vslsink proposes to its upstream.
class PoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    init();
    GstCaps* caps = gst_caps_from_string(kCaps);
    ASSERT_TRUE(gst_video_info_from_caps(&info_, caps));
    harness_ = sink_harness(new_path(), kCaps, "memfd");
    GstQuery* query = gst_query_new_allocation(caps, TRUE);
    ASSERT_TRUE(gst_pad_peer_query(harness_->srcpad, query));
    guint size = 0;
    gst_query_parse_nth_allocation_pool(query, 0, &pool_, &size, nullptr, nullptr);
    ASSERT_NE(pool_, nullptr);
    GstStructure* config = gst_buffer_pool_get_config(pool_);
    gst_buffer_pool_config_set_params(config, caps, size, 0, 0);
    gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
    ASSERT_TRUE(gst_buffer_pool_set_config(pool_, config));
    ASSERT_TRUE(gst_buffer_pool_set_active(pool_, TRUE));
    gst_query_unref(query);
    gst_caps_unref(caps);
  }
  void TearDown() override {
    gst_buffer_pool_set_active(pool_, FALSE);
    gst_object_unref(pool_);
  }

  BufferRef acquire() {
    GstBuffer* buffer = nullptr;
    EXPECT_EQ(gst_buffer_pool_acquire_buffer(pool_, &buffer, nullptr), GST_FLOW_OK);
    return BufferRef(buffer);
  }

  static GstMemory* memory(const BufferRef& buffer) {
    return gst_buffer_peek_memory(buffer.get(), 0);
  }

  GstVideoInfo info_{};
  Harness harness_;
  GstBufferPool* pool_ = nullptr;
};

/// A decoder's picture that it goes on referring to, and what it hands on of it.
struct Picture {
  Picture(BufferRef from, GstVideoInfo& info) : kept(std::move(from)) {
    EXPECT_TRUE(gst_video_frame_map(&frame, &info, kept.get(),
                                    static_cast<GstMapFlags>(GST_MAP_READWRITE)));
    static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0))[0] = 5;
    handed_on.reset(gst_buffer_copy(kept.get()));
  }
  void give_back() {
    gst_video_frame_unmap(&frame);
    kept.reset();
  }
  BufferRef kept, handed_on;
  GstVideoFrame frame{};
};

TEST_F(PoolTest, APictureIsHandedOnWithoutACopyWhileItsDecoderHasItMapped) {
  Picture picture(acquire(), info_);
  EXPECT_EQ(memory(picture.handed_on), memory(picture.kept));
  guint8 byte = 0;
  gst_buffer_extract(picture.handed_on.get(), 0, &byte, 1);
  EXPECT_EQ(byte, 5);
  picture.give_back();
}

TEST_F(PoolTest, WhoWritesIntoWhatADecoderStillRefersToGetsACopy) {
  Picture picture(acquire(), info_);
  GstVideoFrame written;
  ASSERT_TRUE(gst_video_frame_map(&written, &info_, picture.handed_on.get(), GST_MAP_WRITE));
  static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&written, 0))[0] = 9;
  gst_video_frame_unmap(&written);
  guint8 byte = 0;
  gst_buffer_extract(picture.kept.get(), 0, &byte, 1);
  EXPECT_EQ(byte, 5);
  gst_buffer_extract(picture.handed_on.get(), 0, &byte, 1);
  EXPECT_EQ(byte, 9);
  picture.give_back();
}

TEST_F(PoolTest, AFreedBufferIsUsedAgainOnceItsPictureIsReadNoMoreAndNotBefore) {
  Picture picture(acquire(), info_);
  GstMemory* const first = memory(picture.kept);
  picture.give_back();
  BufferRef second = acquire();
  EXPECT_NE(memory(second), first);
  guint8 byte = 0;
  gst_buffer_extract(picture.handed_on.get(), 0, &byte, 1);
  EXPECT_EQ(byte, 5);
  picture.handed_on.reset();
  EXPECT_EQ(memory(acquire()), first);
}

TEST_F(PoolTest, StopsWhilePicturesAreStillRead) {
  Picture picture(acquire(), info_);
  picture.give_back();
  EXPECT_TRUE(gst_buffer_pool_set_active(pool_, FALSE));
  guint8 byte = 0;
  gst_buffer_extract(picture.handed_on.get(), 0, &byte, 1);
  EXPECT_EQ(byte, 5);
}

}  // namespace
}  // namespace vsl
