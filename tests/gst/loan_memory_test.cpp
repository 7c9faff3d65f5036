// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <set>

#include "elements.hpp"

// The memory of the buffers of vslsrc: one GstMemory for each buffer of the host, lent with each
// frame.

namespace vsl::gst_test {
namespace {

struct Extent {
  gsize offset = 0, bytes = 0, most_bytes = 0;
};

Extent extent_of(const BufferRef& buffer) {
  Extent extent;
  extent.bytes = gst_buffer_get_sizes(buffer.get(), &extent.offset, &extent.most_bytes);
  return extent;
}

GstMemory* memory_of(const BufferRef& buffer) { return gst_buffer_peek_memory(buffer.get(), 0); }

TEST(LoanMemoryTest, ElementsFindWhatTheyAttachedToItAgain) {
  Stream stream;
  static const GQuark quark = g_quark_from_static_string("vsl-test-import");
  std::set<std::uint64_t> imports;
  for (int i = 0; i < 40; ++i) {
    stream.producer.publish();
    const BufferRef buffer = pull(stream.harness);
    auto* memory = GST_MINI_OBJECT_CAST(memory_of(buffer));
    if (gst_mini_object_get_qdata(memory, quark) != nullptr) continue;
    gst_mini_object_set_qdata(memory, quark, &imports, nullptr);
    imports.insert(GST_BUFFER_OFFSET(buffer.get()));
  }
  EXPECT_LE(imports.size(), 8U) << "the host's pool has as many";
}

TEST(LoanMemoryTest, IsNotLentAgainWhileAPartOfItIsInUse) {
  Stream stream;
  stream.producer.publish({}, 1);
  BufferRef buffer = pull(stream.harness);
  GstMemory* part = gst_memory_share(memory_of(buffer), 0, 4);
  buffer.reset();
  for (std::uint8_t i = 2; i < 40; ++i) {
    stream.producer.publish({}, i);
    ASSERT_NE(pull(stream.harness), nullptr);
  }
  GstMapInfo map;
  ASSERT_TRUE(gst_memory_map(part, &map, GST_MAP_READ));
  EXPECT_EQ(map.data[0], 1) << "another frame was written there";
  gst_memory_unmap(part, &map);
  gst_memory_unref(part);
}

TEST(LoanMemoryTest, HasTheSizeOfEachFrame) {
  const std::string path = new_path();
  Producer producer(path, {.format = fourcc("H264"), .opaque_bytes = 1000});
  const Harness harness = source_harness(path);
  gst_harness_play(harness.get());
  for (std::uint64_t bytes = 25; bytes <= 1000; bytes += 25) {
    producer.publish([&](FrameInfo& info) {
      info.key_frame = true;
      info.layout.buffer_bytes[0] = bytes;
    });
    const BufferRef buffer = pull(harness);
    ASSERT_NE(buffer, nullptr);
    const Extent extent = extent_of(buffer);
    EXPECT_EQ(extent.bytes, bytes);
    EXPECT_GE(extent.most_bytes, bytes);
  }
}

TEST(LoanMemoryTest, HasTheSizeOfTheFrameAfterDownstreamTookAPartOfTheOneBefore) {
  Stream stream;
  for (int i = 0; i < 20; ++i) {
    stream.producer.publish();
    const BufferRef buffer = pull(stream.harness);
    ASSERT_EQ(extent_of(buffer).bytes, 64U * 32U * 3 / 2);
    ASSERT_EQ(extent_of(buffer).offset, 0U);
    gst_buffer_resize(buffer.get(), 16, 8);
  }
}

TEST(LoanMemoryTest, OutlivesTheElement) {
  auto stream = std::make_unique<Stream>();
  stream->producer.publish({}, 9);
  const BufferRef buffer = pull(stream->harness);
  stream->harness.reset();
  GstMapInfo map;
  ASSERT_TRUE(gst_buffer_map(buffer.get(), &map, GST_MAP_READ));
  EXPECT_EQ(map.data[0], 9);
  gst_buffer_unmap(buffer.get(), &map);
}

}  // namespace
}  // namespace vsl::gst_test
