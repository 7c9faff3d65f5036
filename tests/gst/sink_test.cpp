// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/stat.h>

#include <vector>

#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

constexpr const char* kSmall = "video/x-raw,format=NV12,width=64,height=32,framerate=25/1";

GstBuffer* new_buffer(gsize bytes, int value) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, bytes, nullptr);
  gst_buffer_memset(buffer, 0, static_cast<guint8>(value), bytes);
  return buffer;
}

TEST(SinkTest, PostsABufferWithItsTimesAndItsFormat) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  Client client = connect(path);
  GstBuffer* buffer = new_buffer(64 * 48, 5);
  GST_BUFFER_PTS(buffer) = 11;
  GST_BUFFER_DTS(buffer) = 9;
  GST_BUFFER_OFFSET(buffer) = 3;
  ASSERT_EQ(gst_harness_push(harness.get(), buffer), GST_FLOW_OK);
  const Lease lease = next(client);
  ASSERT_TRUE(lease);
  const FrameInfo info = lease.info();
  EXPECT_EQ(info.layout.fourcc, fourcc("NV12"));
  EXPECT_EQ(info.layout.width_px, 64U);
  EXPECT_EQ(info.times.pts_ns, 11);
  EXPECT_EQ(info.times.dts_ns, 9);
  EXPECT_EQ(info.times.duration_ns, 40'000'000);  // of the caps
  EXPECT_EQ(info.source_sequence, 3U);
  EXPECT_EQ(std::to_integer<int>(lease.plane(1)[0]), 5);
  EXPECT_EQ(stat(harness->element, "copied"), 1U);
}

TEST(SinkTest, PostsColourInterlacingCropAspectRatioAndUserBytes) {
  const std::string path = new_path();
  const Harness harness =
      sink_harness(path,
                   "video/x-raw,format=I420,width=64,height=32,framerate=25/1,colorimetry=bt709,"
                   "chroma-site=mpeg2,interlace-mode=interleaved,field-order=bottom-field-first,"
                   "pixel-aspect-ratio=16/15");
  Client client = connect(path);
  GstBuffer* buffer = new_buffer(64 * 48, 5);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer);
  crop->x = 2;
  crop->y = 4;
  crop->width = 8;
  crop->height = 6;
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, "VideoStreamUserMeta");
  GBytes* bytes = g_bytes_new("user", 4);
  gst_structure_set(gst_custom_meta_get_structure(meta), "data", G_TYPE_BYTES, bytes, nullptr);
  g_bytes_unref(bytes);
  ASSERT_EQ(gst_harness_push(harness.get(), buffer), GST_FLOW_OK);
  const Lease lease = next(client);
  ASSERT_TRUE(lease);
  const FrameInfo info = lease.info();
  EXPECT_EQ(info.color, (Colorimetry{1, 1, 1, 1, 1}));
  EXPECT_EQ(info.interlace, 2);
  EXPECT_EQ(info.crop, (Rect{2, 4, 8, 6}));
  EXPECT_EQ(lease.blob().substr(0, 4), "user");
}

TEST(SinkTest, ClaimsNoColourThatItsCapsDoNotName) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  Client client = connect(path);
  ASSERT_EQ(gst_harness_push(harness.get(), new_buffer(64 * 48, 5)), GST_FLOW_OK);
  EXPECT_EQ(next(client).info().color, Colorimetry{});
}

TEST(SinkTest, PublishesABufferOnceThoughItPrerollsIt) {
  const std::string path = new_path();
  const Pipeline pipeline(
      "videotestsrc num-buffers=3 ! video/x-raw,format=NV12,width=64,height=32,framerate=100/1 ! "
      "vslsink name=sink path=" +
      path);
  pipeline.set(GST_STATE_PAUSED);
  ASSERT_TRUE(pipeline.reached(GST_STATE_PAUSED));
  EXPECT_EQ(stat(pipeline.child("sink"), "posted"), 0U);
  pipeline.set(GST_STATE_PLAYING);
  EXPECT_EQ(pipeline.wait(GST_MESSAGE_EOS).first, GST_MESSAGE_EOS);
  EXPECT_EQ(stat(pipeline.child("sink"), "posted"), 3U);
  EXPECT_EQ(stat(pipeline.child("sink"), "zero-copy"), 3U);
}

TEST(SinkTest, PublishesWhatIsLateForItself) {
  const Pipeline pipeline(
      "videotestsrc is-live=true num-buffers=20 ! "
      "video/x-raw,format=NV12,width=64,height=32,framerate=100/1 ! identity sleep-time=20000 ! "
      "vslsink name=sink path=" +
      new_path());
  pipeline.set(GST_STATE_PLAYING);
  ASSERT_EQ(pipeline.wait(static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)).first,
            GST_MESSAGE_EOS);
  EXPECT_EQ(stat(pipeline.child("sink"), "posted"), 20U);
}

TEST(SinkTest, StartsAgainAtTheSamePathAfterNull) {
  const std::string path = new_path();
  const Pipeline pipeline("videotestsrc is-live=true ! vslsink name=sink path=" + path);
  for (int round = 0; round < 3; ++round) {
    pipeline.set(GST_STATE_PLAYING);
    Client client = connect(path);
    EXPECT_TRUE(next(client)) << "round " << round;
    pipeline.set(GST_STATE_NULL);
    EXPECT_NE(::access(path.c_str(), F_OK), 0) << "round " << round;
  }
}

TEST(SinkTest, SaysWhichPathItCouldNotServe) {
  const std::string path = new_path();
  const Producer other(path);
  const Pipeline pipeline("videotestsrc ! vslsink path=" + path);
  EXPECT_EQ(pipeline.set(GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  const auto [type, text] = pipeline.wait(GST_MESSAGE_ERROR);
  EXPECT_NE(text.find(path), std::string::npos) << text;
  EXPECT_FALSE(pipeline.has(GST_MESSAGE_ERROR)) << "one failure, one error";
}

TEST(SinkTest, MakesUpAPathThatCanBeReadOnceItIsStarted) {
  const Pipeline pipeline("videotestsrc ! vslsink name=made-up");
  GstElement* sink = pipeline.child("made-up");
  gchar* path = nullptr;
  g_object_get(sink, "path", &path, nullptr);
  EXPECT_EQ(path, nullptr);
  pipeline.set(GST_STATE_PAUSED);
  ASSERT_TRUE(pipeline.reached(GST_STATE_PAUSED));
  g_object_get(sink, "path", &path, nullptr);
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(std::string(path).find("/tmp/made-up."), 0U) << path;
  EXPECT_EQ(::access(path, F_OK), 0);
  g_free(path);
}

TEST(SinkTest, GivesTheSocketTheModeItIsAskedFor) {
  const std::string path = new_path();
  const Pipeline pipeline("videotestsrc ! vslsink socket-mode=384 path=" + path);
  pipeline.set(GST_STATE_PAUSED);
  ASSERT_TRUE(pipeline.reached(GST_STATE_PAUSED));
  struct stat about {};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777U, 0600U);
}

TEST(SinkTest, ServesAnAbstractName) {
  const std::string name = "vsl-gst-test-" + std::to_string(::getpid());
  const Pipeline pipeline("videotestsrc is-live=true ! vslsink path=@" + name);
  pipeline.set(GST_STATE_PLAYING);
  Client client = connect(name);
  EXPECT_TRUE(next(client));
}

TEST(SinkTest, DropsFramesAndGoesOnWhileAReaderHoldsAllItMay) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  Client client = connect(path);
  ASSERT_EQ(gst_harness_push(harness.get(), new_buffer(64 * 48, 0)), GST_FLOW_OK);
  std::vector<Lease> held;
  held.push_back(next(client));
  ASSERT_TRUE(held[0]);
  for (int i = 1; i < 100; ++i) {
    ASSERT_EQ(gst_harness_push(harness.get(), new_buffer(64 * 48, i)), GST_FLOW_OK);
    auto frame = client.try_frame();
    if (frame && *frame) held.push_back(std::move(**frame));
  }
  const guint64 posted = stat(harness->element, "posted");
  EXPECT_EQ(posted + stat(harness->element, "dropped"), 100U);
  held.clear();
  ASSERT_EQ(gst_harness_push(harness.get(), new_buffer(64 * 48, 1)), GST_FLOW_OK);
  EXPECT_EQ(stat(harness->element, "posted"), posted + 1);
}

TEST(SinkTest, LendsTheFirstClientNoMoreThanItsPoolCanSpare) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);  // with 8 buffers
  Client client = connect(path);
  ASSERT_TRUE(until([&] {
    return gst_harness_push(harness.get(), new_buffer(64 * 48, 5)) == GST_FLOW_OK &&
           next(client, 1ms);
  }));
  EXPECT_EQ(client.stats().max_leases, 5U);
}

TEST(SinkTest, LeavesAPictureAloneForAsLongAsAReaderHoldsIt) {
  const std::string path = new_path();
  const Pipeline pipeline(
      "videotestsrc pattern=snow ! video/x-raw,format=NV12,width=64,height=32,framerate=1000/1 ! "
      "vslsink name=sink lifespan=1 path=" +
      path);
  pipeline.set(GST_STATE_PLAYING);
  Client client = connect(path);
  const Lease lease = next(client);
  ASSERT_TRUE(lease);
  const auto plane = lease.plane(0);
  const std::vector<std::byte> seen(plane.begin(), plane.end());
  const guint64 then = stat(pipeline.child("sink"), "posted");
  ASSERT_TRUE(until([&] { return stat(pipeline.child("sink"), "posted") > then + 100; }));
  EXPECT_EQ(std::memcmp(seen.data(), plane.data(), plane.size()), 0);
  EXPECT_TRUE(lease.valid());
  EXPECT_EQ(stat(pipeline.child("sink"), "copied"), 0U);
}

TEST(SinkTest, TakesAnotherFormatInTheMiddleOfAStream) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  Client client = connect(path);
  ASSERT_EQ(gst_harness_push(harness.get(), new_buffer(64 * 48, 5)), GST_FLOW_OK);
  EXPECT_EQ(next(client).info().layout.width_px, 64U);
  gst_harness_set_src_caps_str(harness.get(),
                               "video/x-raw,format=RGB,width=128,height=64,framerate=0/1");
  ASSERT_EQ(gst_harness_push(harness.get(), new_buffer(128 * 64 * 3, 5)), GST_FLOW_OK);
  const FrameInfo info = next(client).info();
  EXPECT_EQ(info.layout.width_px, 128U);
  EXPECT_EQ(info.layout.fourcc, fourcc("RGB3"));
}

TEST(SinkTest, TellsItsClientsThatTheStreamEnded) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  Client client = connect(path, {.policy = Policy::in_order(), .reconnect = false});
  ASSERT_EQ(gst_harness_push(harness.get(), new_buffer(64 * 48, 5)), GST_FLOW_OK);
  ASSERT_TRUE(next(client));
  ASSERT_TRUE(gst_harness_push_event(harness.get(), gst_event_new_eos()));
  EXPECT_FALSE(client.wait_frame(kPatience));
  EXPECT_TRUE(client.host_closed());
}

TEST(SinkTest, WaitsForAClientWithoutHoldingUpStateChanges) {
  const std::string path = new_path();
  const Pipeline pipeline(
      "videotestsrc num-buffers=5 ! vslsink sync=false wait-for-client=true path=" + path);
  EXPECT_EQ(pipeline.set(GST_STATE_PAUSED), GST_STATE_CHANGE_ASYNC);
  pipeline.set(GST_STATE_NULL);  // while it waits
  pipeline.set(GST_STATE_PLAYING);
  Client client = connect(path);
  EXPECT_TRUE(next(client));
}

TEST(SinkTest, GivesTheClientItWaitedForEveryFrameFromTheFirst) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  g_object_set(harness->element, "wait-for-client", TRUE, "lifespan", G_GINT64_CONSTANT(0),
               nullptr);
  std::thread pushing([&] {
    for (int i = 0; i < 5; ++i) gst_harness_push(harness.get(), new_buffer(64 * 48, i));
  });
  Client client = connect(path);
  for (std::uint64_t serial = 1; serial <= 5; ++serial) {
    const Lease lease = next(client);
    EXPECT_EQ(lease ? lease.serial() : 0, serial);
  }
  pushing.join();
}

TEST(SinkTest, AFlushEndsItsWaitForAClientAndItGoesOn) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  g_object_set(harness->element, "wait-for-client", TRUE, nullptr);
  std::atomic<int> flow{GST_FLOW_OK};
  std::thread pushing([&] { flow = gst_harness_push(harness.get(), new_buffer(64 * 48, 5)); });
  gst_pad_push_event(harness->srcpad, gst_event_new_flush_start());
  pushing.join();
  EXPECT_EQ(flow, GST_FLOW_FLUSHING);
  gst_pad_push_event(harness->srcpad, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  pushing = std::thread([&] { flow = gst_harness_push(harness.get(), new_buffer(64 * 48, 6)); });
  Client client = connect(path);
  const Lease lease = next(client);
  EXPECT_TRUE(lease && std::to_integer<int>(lease.plane(0)[0]) == 6);
  pushing.join();
  EXPECT_EQ(flow, GST_FLOW_OK);
}

TEST(SinkTest, SignalsWhoComesAndGoes) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  static std::atomic<int> added, removed, pid;
  added = removed = pid = 0;
  const auto on_added = +[](GstElement*, GstStructure* client, gpointer) {
    gint value = 0;
    gst_structure_get_int(client, "pid", &value);
    pid = value;
    ++added;
  };
  const auto on_removed = +[](GstElement*, GstStructure*, gpointer) { ++removed; };
  g_signal_connect(harness->element, "client-added", G_CALLBACK(on_added), nullptr);
  g_signal_connect(harness->element, "client-removed", G_CALLBACK(on_removed), nullptr);
  guint clients = 0;
  {
    const Client client = connect(path);
    ASSERT_TRUE(until([&] { return added == 1; }));
    EXPECT_EQ(pid, ::getpid());
    g_object_get(harness->element, "num-clients", &clients, nullptr);
    EXPECT_EQ(clients, 1U);
  }
  ASSERT_TRUE(until([&] { return removed == 1; }));
  g_object_get(harness->element, "num-clients", &clients, nullptr);
  EXPECT_EQ(clients, 0U);
}

TEST(SinkTest, SignalsWhoIsLeftWithoutAHostWhenItStops) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  static std::atomic<int> added, removed;
  added = removed = 0;
  const auto count = +[](GstElement*, GstStructure*, gpointer counter) {
    ++*static_cast<std::atomic<int>*>(counter);
  };
  g_signal_connect(harness->element, "client-added", G_CALLBACK(count), &added);
  g_signal_connect(harness->element, "client-removed", G_CALLBACK(count), &removed);
  const Client one = connect(path);
  const Client other = connect(path);
  ASSERT_TRUE(until([&] { return added == 2; }));
  gst_element_set_state(harness->element, GST_STATE_NULL);
  EXPECT_TRUE(until([&] { return removed == 2; }));
  guint clients = 1;
  g_object_get(harness->element, "num-clients", &clients, nullptr);
  EXPECT_EQ(clients, 0U);
}

TEST(SinkTest, LetsAHandlerOfItsSignalsStopThePipeline) {
  const std::string path = new_path();
  const Pipeline pipeline("videotestsrc is-live=true ! vslsink name=sink path=" + path);
  static std::atomic<bool> stopped;
  stopped = false;
  const auto stop = +[](GstElement*, GstStructure*, gpointer element) {
    gst_element_set_state(GST_ELEMENT(element), GST_STATE_NULL);
    stopped = true;
  };
  g_signal_connect(pipeline.child("sink"), "client-added", G_CALLBACK(stop), pipeline.element);
  pipeline.set(GST_STATE_PLAYING);
  const Client client = connect(path);
  EXPECT_TRUE(until([] { return stopped.load(); }));
}

TEST(SinkTest, RefusesAnotherPathWhileItServesOne) {
  const std::string path = new_path();
  const Harness harness = sink_harness(path, kSmall);
  const GLogLevelFlags fatal = g_log_set_always_fatal(static_cast<GLogLevelFlags>(0));
  g_object_set(harness->element, "path", "/tmp/other", nullptr);
  g_log_set_always_fatal(fatal);
  gchar* now = nullptr;
  g_object_get(harness->element, "path", &now, nullptr);
  EXPECT_EQ(now, path);
  g_free(now);
}

}  // namespace
}  // namespace vsl
