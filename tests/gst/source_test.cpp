// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gst/allocators/gstfdmemory.h>

#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

int first_byte(const BufferRef& buffer) {
  guint8 byte = 0;
  gst_buffer_extract(buffer.get(), 0, &byte, 1);
  return byte;
}

TEST(SourceTest, GivesTheMemoryOfTheHostItself) {
  Stream stream;
  stream.producer.publish();
  const BufferRef buffer = pull(stream.harness);
  ASSERT_NE(buffer, nullptr);
  GstMemory* memory = gst_buffer_peek_memory(buffer.get(), 0);
  EXPECT_TRUE(gst_is_fd_memory(memory));
  EXPECT_TRUE(GST_MEMORY_IS_READONLY(memory));
  EXPECT_EQ(first_byte(buffer), 7);
  EXPECT_EQ(GST_BUFFER_OFFSET(buffer.get()), 1U);
  EXPECT_EQ(GST_BUFFER_OFFSET_END(buffer.get()), 2U);
  EXPECT_NE(gst_buffer_get_video_meta(buffer.get()), nullptr);
  EXPECT_EQ(stat(stream.harness->element, "shared"), 1U);
}

TEST(SourceTest, WritersGetACopyAndTheHostsFrameStaysAsItIs) {
  Stream stream;
  stream.producer.publish();
  BufferRef buffer = pull(stream.harness);
  buffer.reset(gst_buffer_make_writable(buffer.release()));
  gst_buffer_memset(buffer.get(), 0, 99, 1);
  EXPECT_EQ(first_byte(buffer), 99);
  Client other = connect(stream.path);
  const Lease same = next(other);
  ASSERT_TRUE(same);
  EXPECT_EQ(std::to_integer<int>(same.plane(0)[0]), 7);
}

TEST(SourceTest, MakesCapsOfWhatAFrameSays) {
  Stream stream(Stream::Strides::unknown);
  stream.producer.publish([](FrameInfo& info) {
    info.color = {1, 1, 1, 1, 1};
    info.interlace = 1;
    info.times.duration_ns = 33'366'666;
    info.crop = {2, 4, 6, 8};
  });
  const BufferRef buffer = pull(stream.harness);
  const std::string caps = caps_of(stream.harness);
  EXPECT_TRUE(has(caps, "format=(string)NV12, width=(int)6, height=(int)8")) << caps;
  EXPECT_TRUE(has(caps, "framerate=(fraction)30000/1001")) << caps;
  EXPECT_TRUE(has(caps, "colorimetry=(string)bt709")) << caps;
  EXPECT_TRUE(has(caps, "chroma-site=(string)mpeg2")) << caps;
  EXPECT_TRUE(has(caps, "field-order=(string)top-field-first")) << caps;
}

TEST(SourceTest, RgbOfWhichNothingIsToldIsTheRgbThatElementsKnow) {
  const std::string path = new_path();
  Producer producer(path, {.format = fourcc("RGB3"), .width_px = 64, .height_px = 32});
  const Harness harness = source_harness(path);
  gst_harness_play(harness.get());
  producer.publish();
  ASSERT_NE(pull(harness), nullptr);
  EXPECT_TRUE(has(caps_of(harness), "colorimetry=(string)sRGB")) << caps_of(harness);
}

TEST(SourceTest, FollowsAnotherFormatInTheMiddleOfAStream) {
  Stream stream(Stream::Strides::unknown);
  stream.producer.publish();
  ASSERT_NE(pull(stream.harness), nullptr);
  stream.producer.pool = must(Pool::create(
      {.format = fourcc("BGR3"), .width_px = 30, .height_px = 10, .stride_align = 64}));
  stream.producer.publish({}, 9);
  const BufferRef buffer = pull(stream.harness);
  ASSERT_NE(buffer, nullptr);
  EXPECT_TRUE(has(caps_of(stream.harness), "format=(string)BGR, width=(int)30"))
      << caps_of(stream.harness);
  EXPECT_EQ(first_byte(buffer), 9);
}

/// The rate in the caps after so many frames of this length.
std::string rate_after(Stream& stream, int frames, std::chrono::nanoseconds duration) {
  for (int i = 0; i < frames; ++i) {
    stream.producer.publish([&](FrameInfo& info) { info.times.duration_ns = duration.count(); });
    if (pull(stream.harness) == nullptr) ADD_FAILURE() << "no frame";
  }
  const std::string caps = caps_of(stream.harness);
  const auto at = caps.find("(fraction)", caps.find("framerate"));
  return caps.substr(at + 10, caps.find(',', at) - at - 10);
}

TEST(SourceTest, FollowsAnotherFrameRateWhenItStays) {
  Stream stream;
  EXPECT_EQ(rate_after(stream, 1, 40ms), "25/1");
  EXPECT_EQ(rate_after(stream, 1, 20ms), "25/1") << "one frame makes no rate";
  EXPECT_EQ(rate_after(stream, 8, 20ms), "50/1");
}

TEST(SourceTest, KeepsItsFrameRateWhileFramesAreOfManyLengths) {
  Stream stream;
  EXPECT_EQ(rate_after(stream, 1, 40ms), "25/1");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(rate_after(stream, 1, 10ms * (i % 3 + 1)), "25/1");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(rate_after(stream, 1, 1ms * (i % 2 + 40)), "25/1");
}

TEST(SourceTest, AnotherFrameRateOfCodedVideoDropsNoFrames) {
  const std::string path = new_path();
  Producer producer(path, {.format = fourcc("H264"), .opaque_bytes = 1000});
  const Harness harness = source_harness(path);
  gst_harness_play(harness.get());
  for (int i = 0; i < 20; ++i) {
    producer.publish([&](FrameInfo& info) {
      info.key_frame = i == 0;
      info.times.duration_ns = i < 5 ? 40'000'000 : 20'000'000;
    });
    ASSERT_NE(pull(harness), nullptr) << i;
  }
  EXPECT_TRUE(has(caps_of(harness), "framerate=(fraction)50/1")) << caps_of(harness);
  EXPECT_EQ(stat(harness->element, "not-decodable"), 0U);
}

TEST(SourceTest, TellsTheRotationAgainAfterARestart) {
  const std::string path = new_path();
  Producer producer(path);
  producer.publish([](FrameInfo& info) { info.rotation = Rotation::half; });
  const Pipeline pipeline("vslsrc path=" + path + " timeout=0 ! fakesink");
  for (int round = 0; round < 2; ++round) {
    pipeline.set(GST_STATE_PLAYING);
    EXPECT_TRUE(has(pipeline.wait(GST_MESSAGE_TAG).second, "rotate-180")) << "round " << round;
    pipeline.set(GST_STATE_NULL);
  }
}

TEST(SourceTest, PacksRowsForElementsThatKnowNoStrides) {
  const std::string path = new_path();
  Producer producer(path, {.format = fourcc("RGB3"), .width_px = 4, .height_px = 2});
  const Harness harness = source_harness(path);
  gst_harness_play(harness.get());
  producer.publish();
  const BufferRef buffer = pull(harness);
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(gst_buffer_get_size(buffer.get()), 24U);
  EXPECT_EQ(stat(harness->element, "copied"), 1U);
}

TEST(SourceTest, GoesToPlayingAndBackWithoutAHost) {
  const Pipeline pipeline("vslsrc reconnect=true ! fakesink");
  GstElement* source = GST_ELEMENT(GST_BIN_CHILDREN(pipeline.element)->next->data);
  g_object_set(source, "path", new_path().c_str(), nullptr);
  for (int round = 0; round < 5; ++round) {
    EXPECT_NE(pipeline.set(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
    EXPECT_NE(pipeline.set(GST_STATE_NULL), GST_STATE_CHANGE_FAILURE);
  }
}

TEST(SourceTest, AsksForAPath) {
  const Pipeline pipeline("vslsrc ! fakesink");
  EXPECT_EQ(pipeline.set(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  const auto [type, text] = pipeline.wait(GST_MESSAGE_ERROR);
  EXPECT_NE(text.find("host"), std::string::npos) << text;
  EXPECT_FALSE(pipeline.has(GST_MESSAGE_ERROR)) << "one failure, one error";
}

TEST(SourceTest, SaysWhichHostItDidNotFind) {
  const std::string path = new_path();
  const Pipeline pipeline("vslsrc connect-timeout=0 path=" + path + " ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  const auto [type, text] = pipeline.wait(GST_MESSAGE_ERROR);
  EXPECT_NE(text.find(path), std::string::npos) << text;
}

TEST(SourceTest, SaysThatTheHostIsSilent) {
  const std::string path = new_path();
  const Producer producer(path);
  const Pipeline pipeline("vslsrc timeout=0.05 path=" + path + " ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  const auto [type, text] = pipeline.wait(GST_MESSAGE_ERROR);
  EXPECT_NE(text.find("No frame from " + path), std::string::npos) << text;
}

TEST(SourceTest, FindsAHostAgainAndTellsOfIt) {
  const std::string path = new_path();
  auto producer = std::make_unique<Producer>(path);
  const Pipeline pipeline("vslsrc name=src reconnect=true timeout=0.05 path=" + path +
                          " ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  EXPECT_TRUE(has(pipeline.wait(GST_MESSAGE_ELEMENT).second, "connected"));
  producer->publish();
  ASSERT_TRUE(until([&] { return stat(pipeline.child("src"), "delivered") == 1; }));
  producer.reset();
  EXPECT_TRUE(has(pipeline.wait(GST_MESSAGE_ELEMENT).second, "lost"));
  producer = std::make_unique<Producer>(path);
  EXPECT_TRUE(has(pipeline.wait(GST_MESSAGE_ELEMENT).second, "reconnected"));
  producer->publish();
  EXPECT_TRUE(until([&] { return stat(pipeline.child("src"), "delivered") == 2; }));
}

TEST(SourceTest, KeepsItsConnectionOverAPause) {
  const std::string path = new_path();
  Producer producer(path);
  const Pipeline pipeline("vslsrc name=src timeout=0 path=" + path + " ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  producer.publish();
  ASSERT_TRUE(until([&] { return stat(pipeline.child("src"), "delivered") == 1; }));
  const auto before = producer.host.clients();
  pipeline.set(GST_STATE_PAUSED);
  pipeline.set(GST_STATE_PLAYING);
  producer.publish();
  ASSERT_TRUE(until([&] { return stat(pipeline.child("src"), "delivered") == 2; }));
  ASSERT_EQ(producer.host.clients().size(), 1U);
  EXPECT_EQ(producer.host.clients()[0].id, before[0].id);
}

TEST(SourceTest, GivesEveryFrameBackOnce) {
  Stream stream;
  stream.producer.publish();
  BufferRef buffer = pull(stream.harness);
  // A part of the memory outlives the buffer.
  GstMemory* part = gst_memory_share(gst_buffer_peek_memory(buffer.get(), 0), 1, 2);
  buffer.reset();
  EXPECT_FALSE(stream.producer.host.withdraw(99));
  for (int i = 0; i < 20; ++i) {  // reuses whatever is free
    stream.producer.publish({}, 8);
    ASSERT_NE(pull(stream.harness), nullptr);
  }
  GstMapInfo map;
  ASSERT_TRUE(gst_memory_map(part, &map, GST_MAP_READ));
  EXPECT_EQ(map.size, 2U);
  EXPECT_EQ(map.data[0], 7);
  gst_memory_unmap(part, &map);
  gst_memory_unref(part);
  EXPECT_EQ(stream.producer.host.stats().taken_back, 0U);
}

TEST(SourceTest, CopiesRatherThanStopsWhenDownstreamKeepsBuffers) {
  const std::string path = new_path();
  Producer producer(path);
  producer.publish();  // so that the host knows its pool, and lends 5 frames at most
  const Harness harness = source_harness(path);
  gst_harness_add_propose_allocation_meta(harness.get(), GST_VIDEO_META_API_TYPE, nullptr);
  gst_harness_play(harness.get());
  std::vector<BufferRef> kept;
  kept.push_back(pull(harness));
  for (int i = 0; i < 30; ++i) {
    producer.publish();
    kept.push_back(pull(harness));
    ASSERT_NE(kept.back(), nullptr);
  }
  EXPECT_EQ(stat(harness->element, "shared"), 4U);
  EXPECT_EQ(stat(harness->element, "copied"), 27U);
}

TEST(SourceTest, PostsQosForWhatItSkips) {
  const std::string path = new_path();
  Producer producer(path);
  const Pipeline pipeline("vslsrc name=src timeout=0 latest-only=true path=" + path +
                          " ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  producer.publish();
  ASSERT_TRUE(until([&] { return stat(pipeline.child("src"), "delivered") == 1; }));
  pipeline.set(GST_STATE_PAUSED);
  for (int i = 0; i < 5; ++i) producer.publish();
  pipeline.set(GST_STATE_PLAYING);
  EXPECT_EQ(pipeline.wait(GST_MESSAGE_QOS).first, GST_MESSAGE_QOS);
}

TEST(SourceTest, BeginsCodedVideoWithAKeyFrame) {
  const std::string path = new_path();
  Producer producer(path, {.format = fourcc("H264"), .opaque_bytes = 1000});
  const Harness harness = source_harness(path);
  gst_harness_play(harness.get());
  producer.publish([](FrameInfo& info) { info.key_frame = false; });
  ASSERT_TRUE(until([&] { return stat(harness->element, "not-decodable") == 1; }));
  producer.publish([](FrameInfo& info) { info.key_frame = true; });
  const BufferRef first = pull(harness);
  producer.publish([](FrameInfo& info) { info.key_frame = false; });
  const BufferRef second = pull(harness);
  EXPECT_EQ(GST_BUFFER_OFFSET(first.get()), 2U);
  EXPECT_FALSE(GST_BUFFER_FLAG_IS_SET(first.get(), GST_BUFFER_FLAG_DELTA_UNIT));
  EXPECT_TRUE(GST_BUFFER_FLAG_IS_SET(second.get(), GST_BUFFER_FLAG_DELTA_UNIT));
  EXPECT_TRUE(has(caps_of(harness), "video/x-h264, stream-format=(string)byte-stream"));
}

TEST(SourceTest, AFlushEndsItsWaitAndItGoesOn) {
  Stream stream;
  stream.producer.publish();
  ASSERT_NE(pull(stream.harness), nullptr);
  GstElement* const element = stream.harness->element;
  ASSERT_TRUE(gst_element_send_event(element, gst_event_new_flush_start()));
  ASSERT_TRUE(gst_element_send_event(element, gst_event_new_flush_stop(TRUE)));
  const std::uint64_t serial = stream.producer.publish({}, 9);
  BufferRef buffer = pull(stream.harness);
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(GST_BUFFER_OFFSET(buffer.get()), serial);
  EXPECT_EQ(first_byte(buffer), 9);
}

TEST(SourceTest, TakesNoOtherUriWhileItRuns) {
  const Stream stream;
  GError* error = nullptr;
  auto* const handler = GST_URI_HANDLER(stream.harness->element);
  EXPECT_FALSE(gst_uri_handler_set_uri(handler, "vsl:///tmp/other", &error));
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->code, GST_URI_ERROR_BAD_STATE);
  g_error_free(error);
  gchar* uri = gst_uri_handler_get_uri(handler);
  EXPECT_EQ(uri, "vsl://" + stream.path);
  g_free(uri);
}

TEST(SourceTest, IsMadeFromAUri) {
  init();
  GstElement* element = gst_element_make_from_uri(GST_URI_SRC, "vsl:///run/cam", nullptr, nullptr);
  ASSERT_NE(element, nullptr);
  gchar* path = nullptr;
  g_object_get(element, "path", &path, nullptr);
  EXPECT_STREQ(path, "/run/cam");
  gchar* uri = gst_uri_handler_get_uri(GST_URI_HANDLER(element));
  EXPECT_STREQ(uri, "vsl:///run/cam");
  g_free(uri);
  g_free(path);
  gst_object_unref(gst_object_ref_sink(element));
}

}  // namespace
}  // namespace vsl
