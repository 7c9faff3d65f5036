// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gst/allocators/gstfdmemory.h>
#include <sys/mman.h>

#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

/// vslsink, and a vslsrc that receives from it.
struct Both {
  explicit Both(const char* caps) : sink(sink_harness(path, caps)), source(source_harness(path)) {
    gst_harness_add_propose_allocation_meta(source.get(), GST_VIDEO_META_API_TYPE, nullptr);
    gst_harness_play(source.get());
  }
  BufferRef pass(GstBuffer* buffer) const {
    EXPECT_EQ(gst_harness_push(sink.get(), buffer), GST_FLOW_OK);
    return pull(source);
  }

  const std::string path = new_path();
  Harness sink, source;
};

struct Coded {
  const char* name;
  const char* caps;
};

class CodedTest : public ::testing::TestWithParam<Coded> {};

TEST_P(CodedTest, ArrivesByteForByteWithItsCaps) {
  const Both both(GetParam().caps);
  const std::string bytes = "an access unit";
  GstBuffer* sent = gst_buffer_new_allocate(nullptr, bytes.size(), nullptr);
  gst_buffer_fill(sent, 0, bytes.data(), bytes.size());
  const BufferRef got = both.pass(sent);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(gst_buffer_get_size(got.get()), bytes.size());
  EXPECT_EQ(gst_buffer_memcmp(got.get(), 0, bytes.data(), bytes.size()), 0);
  GstCaps* expected = gst_caps_from_string(GetParam().caps);
  GstCaps* now = gst_pad_get_current_caps(both.source->sinkpad);
  EXPECT_TRUE(gst_caps_is_subset(now, expected)) << caps_of(both.source);
  gst_caps_unref(now);
  gst_caps_unref(expected);
}

INSTANTIATE_TEST_SUITE_P(
    Every, CodedTest,
    ::testing::Values(Coded{"H264",
                            "video/x-h264,stream-format=byte-stream,alignment=au,width=320,"
                            "height=240,framerate=25/1,profile=high"},
                      Coded{"H265",
                            "video/x-h265,stream-format=byte-stream,alignment=au,width=320,"
                            "height=240,framerate=25/1,profile=main,tier=main"},
                      Coded{"JPEG", "image/jpeg,width=320,height=240,framerate=25/1"}),
    [](const auto& about) { return about.param.name; });

TEST(CarriedTest, ARotationTravelsAsTheTagThatItCameAs) {
  const Both both("video/x-raw,format=NV12,width=64,height=32,framerate=25/1");
  for (const std::string wanted : {"rotate-90", "rotate-180", "rotate-270", "rotate-0"}) {
    GstTagList* tags = gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, wanted.c_str(), nullptr);
    ASSERT_TRUE(gst_harness_push_event(both.sink.get(), gst_event_new_tag(tags)));
    ASSERT_NE(both.pass(gst_buffer_new_allocate(nullptr, 64 * 48, nullptr)), nullptr);
    GstEvent* told = gst_pad_get_sticky_event(both.source->sinkpad, GST_EVENT_TAG, 0);
    ASSERT_NE(told, nullptr) << wanted;
    gst_event_parse_tag(told, &tags);
    gchar* orientation = nullptr;
    EXPECT_TRUE(gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation));
    EXPECT_EQ(orientation, wanted);
    g_free(orientation);
    gst_event_unref(told);
  }
}

TEST(CarriedTest, MixedInterlacingIsOneFormatWithFlagsOnEachBuffer) {
  const Both both("video/x-raw,format=NV12,width=64,height=32,framerate=25/1,interlace-mode=mixed");
  constexpr guint kInterlaced = GST_VIDEO_BUFFER_FLAG_INTERLACED;
  constexpr guint kTop = kInterlaced | GST_VIDEO_BUFFER_FLAG_TFF;
  constexpr guint kAll = kTop | GST_VIDEO_BUFFER_FLAG_RFF | GST_VIDEO_BUFFER_FLAG_ONEFIELD;
  int changes = 0;
  std::string before;
  for (const guint flags : {0U, kTop, kInterlaced, kTop | GST_VIDEO_BUFFER_FLAG_RFF, 0U,
                            kTop | GST_VIDEO_BUFFER_FLAG_ONEFIELD}) {
    GstBuffer* sent = gst_buffer_new_allocate(nullptr, 64 * 48, nullptr);
    GST_BUFFER_FLAG_SET(sent, flags);
    const BufferRef got = both.pass(sent);
    ASSERT_NE(got, nullptr);
    EXPECT_EQ(GST_BUFFER_FLAGS(got.get()) & kAll, flags);
    changes += caps_of(both.source) != before ? 1 : 0;
    before = caps_of(both.source);
  }
  EXPECT_EQ(changes, 1) << "the first caps alone";
  EXPECT_NE(before.find("interlace-mode=(string)mixed"), std::string::npos) << before;
}

/// 16 x 8 of NV12 in a memfd of somebody else's, each row and the planes with room behind them.
struct Foreign {
  static constexpr gint kStride = 48;
  static constexpr gsize kFirst = 256, kSecond = 4096, kBytes = 8192;

  static GstBuffer* make() {
    const int fd = ::memfd_create("foreign", MFD_CLOEXEC);
    EXPECT_EQ(::ftruncate(fd, kBytes), 0);
    GstAllocator* allocator = gst_fd_allocator_new();
    GstMemory* memory = gst_fd_allocator_alloc(allocator, fd, kBytes, GST_FD_MEMORY_FLAG_NONE);
    gst_object_unref(allocator);
    GstBuffer* buffer = gst_buffer_new();
    gst_buffer_append_memory(buffer, memory);
    gst_buffer_memset(buffer, 0, 0xee, kBytes);
    for (gsize row = 0; row < 8; ++row) paint(buffer, kFirst, row, 10);
    for (gsize row = 0; row < 4; ++row) paint(buffer, kSecond, row, 100);
    gsize offsets[GST_VIDEO_MAX_PLANES] = {kFirst, kSecond};
    gint strides[GST_VIDEO_MAX_PLANES] = {kStride, kStride};
    gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_NV12, 16, 8,
                                   2, offsets, strides);
    return buffer;
  }
  static void paint(GstBuffer* buffer, gsize plane, gsize row, gsize value) {
    gst_buffer_memset(buffer, plane + row * kStride, static_cast<guint8>(value + row), 16);
  }
};

TEST(CarriedTest, ForeignMemoryWithPaddingIsSharedAsItLies) {
  const Both both("video/x-raw,format=NV12,width=16,height=8,framerate=25/1");
  const BufferRef got = both.pass(Foreign::make());
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(stat(both.sink->element, "zero-copy"), 1U);
  EXPECT_EQ(stat(both.source->element, "copied"), 0U);
  const GstVideoMeta* meta = gst_buffer_get_video_meta(got.get());
  ASSERT_NE(meta, nullptr);
  EXPECT_EQ(meta->stride[1], Foreign::kStride);
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_NV12, 16, 8);
  GstVideoFrame frame;
  ASSERT_TRUE(gst_video_frame_map(&frame, &info, got.get(), GST_MAP_READ));
  const auto at = [&](guint plane, gint row, gint column) {
    const auto* data = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    return int{data[row * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane) + column]};
  };
  EXPECT_EQ(at(0, 7, 0), 17);
  EXPECT_EQ(at(0, 7, 15), 17);
  EXPECT_EQ(at(1, 3, 15), 103);
  gst_video_frame_unmap(&frame);
}

/// 64 x 32 of NV12, each plane in a memfd of its own, as some cameras and decoders give them.
GstBuffer* plane_by_plane() {
  GstBuffer* buffer = gst_buffer_new();
  GstAllocator* allocator = gst_fd_allocator_new();
  for (const gsize bytes : {gsize{64 * 32}, gsize{64 * 16}}) {
    const int fd = ::memfd_create("plane", MFD_CLOEXEC);
    EXPECT_EQ(::ftruncate(fd, 4096), 0);
    gst_buffer_append_memory(buffer,
                             gst_fd_allocator_alloc(allocator, fd, bytes, GST_FD_MEMORY_FLAG_NONE));
  }
  gst_object_unref(allocator);
  gst_buffer_memset(buffer, 0, 11, 64 * 32);
  gst_buffer_memset(buffer, 64 * 32, 22, 64 * 16);
  return buffer;
}

TEST(CarriedTest, PlanesInMemoriesOfTheirOwnAreSharedAsTheyLie) {
  const Both both("video/x-raw,format=NV12,width=64,height=32,framerate=25/1");
  const BufferRef got = both.pass(plane_by_plane());
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(gst_buffer_n_memory(got.get()), 2U);
  EXPECT_EQ(stat(both.sink->element, "zero-copy"), 1U);
  EXPECT_EQ(stat(both.source->element, "shared"), 1U);
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_NV12, 64, 32);
  GstVideoFrame frame;
  ASSERT_TRUE(gst_video_frame_map(&frame, &info, got.get(), GST_MAP_READ));
  EXPECT_EQ(static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0))[64 * 32 - 1], 11);
  EXPECT_EQ(static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 1))[64 * 16 - 1], 22);
  gst_video_frame_unmap(&frame);
}

TEST(CarriedTest, PacksForeignMemoryForElementsThatKnowNoStrides) {
  const std::string path = new_path();
  const Harness sink =
      sink_harness(path, "video/x-raw,format=NV12,width=16,height=8,framerate=25/1");
  const Harness source = source_harness(path);
  gst_harness_play(source.get());
  ASSERT_EQ(gst_harness_push(sink.get(), Foreign::make()), GST_FLOW_OK);
  const BufferRef got = pull(source);
  ASSERT_NE(got, nullptr);
  std::string bytes(16 * 12, '\0');
  ASSERT_EQ(gst_buffer_extract(got.get(), 0, bytes.data(), bytes.size()), bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t row = i / 16;
    ASSERT_EQ(bytes[i], static_cast<char>(row < 8 ? 10 + row : 100 + row - 8)) << i;
  }
}

}  // namespace
}  // namespace vsl
