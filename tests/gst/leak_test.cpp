// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <map>

#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

GstObject* start_tracer() {
  init();
  GstPluginFeature* factory =
      gst_registry_find_feature(gst_registry_get(), "leaks", GST_TYPE_TRACER_FACTORY);
  if (factory == nullptr) return nullptr;
  GstPluginFeature* loaded = gst_plugin_feature_load(factory);
  gst_object_unref(factory);
  if (loaded == nullptr) return nullptr;
  const GType type = gst_tracer_factory_get_tracer_type(GST_TRACER_FACTORY(loaded));
  gst_object_unref(loaded);
  return static_cast<GstObject*>(g_object_new(type, nullptr));
}

/// GStreamer's tracer of leaks, which sees what is made once it is there, and cannot be ended.
GstObject* tracer() {
  static GstObject* const started = start_tracer();
  return started;
}

using Counts = std::map<std::string, int>;

/// Adds one for each object of a type that the tracer lists, or takes one away.
void count(const GstStructure* checkpoint, const char* list_name, int by, Counts& counts) {
  const GValue* list = gst_structure_get_value(checkpoint, list_name);
  for (guint i = 0; i < gst_value_list_get_size(list); ++i) {
    const auto* about =
        static_cast<const GstStructure*>(g_value_get_boxed(gst_value_list_get_value(list, i)));
    counts[gst_structure_get_string(about, "type-name")] += by;
  }
}

/// Brings up to date how many objects of each type there are more than when tracking began.
void follow(Counts& more) {
  GstStructure* checkpoint = nullptr;  // of what happened since the one before
  g_signal_emit_by_name(tracer(), "activity-get-checkpoint", &checkpoint);
  count(checkpoint, "objects-created-list", 1, more);
  count(checkpoint, "objects-removed-list", -1, more);
  gst_structure_free(checkpoint);
}

std::string describe(const Counts& more) {
  std::string text;
  for (const auto& [type, count] : more) {
    if (count > 0) text += std::to_string(count) + " more of " + type + "\n";
  }
  return text;
}

class LeakTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (tracer() == nullptr) GTEST_SKIP() << "GStreamer was built without its tracer of leaks";
  }

  /// The first run may keep what it made, for the next; those after it leave nothing more, except
  /// on the bus that is given, which keeps messages for the application.
  static void expect_no_leak(const std::function<void()>& run, const Pipeline* bus = nullptr) {
    run();
    g_signal_emit_by_name(tracer(), "activity-start-tracking");
    for (int i = 0; i < 3; ++i) run();
    Counts more;
    EXPECT_TRUE(until([&] {
      while (bus != nullptr && bus->has(GST_MESSAGE_ANY)) continue;
      follow(more);
      return describe(more).empty();
    })) << describe(more);
    g_signal_emit_by_name(tracer(), "activity-stop-tracking");
  }
};

TEST_F(LeakTest, AVslsinkThatStartsAgainKeepsNothingOfTheRunBefore) {
  const std::string path = new_path();
  const Pipeline pipeline("videotestsrc is-live=true ! vslsink path=" + path);
  expect_no_leak([&] {
    pipeline.set(GST_STATE_PLAYING);
    Client client = connect(path);
    EXPECT_TRUE(next(client));
    pipeline.set(GST_STATE_NULL);
  });
}

TEST_F(LeakTest, AVslsrcThatStartsAgainKeepsNothingOfTheRunBefore) {
  const std::string path = new_path();
  Producer producer(path);
  const Pipeline pipeline("vslsrc timeout=0 path=" + path + " ! fakesink name=out");
  expect_no_leak([&] {
    pipeline.set(GST_STATE_PLAYING);
    producer.publish();
    EXPECT_TRUE(until([&] { return stat(pipeline.child("out"), "rendered") > 0; }));
    pipeline.set(GST_STATE_NULL);
  });
}

TEST_F(LeakTest, ClientsThatComeAndGoLeaveNothingBehind) {
  const std::string path = new_path();
  const Harness harness =
      sink_harness(path, "video/x-raw,format=GRAY8,width=64,height=32,framerate=25/1");
  expect_no_leak([&] {
    for (int i = 0; i < 5; ++i) {
      Client client = connect(path);
      GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 64 * 32, nullptr);
      EXPECT_EQ(gst_harness_push(harness.get(), buffer), GST_FLOW_OK);
      EXPECT_TRUE(next(client));
    }
  });
}

TEST_F(LeakTest, FormatsThatChangeWhileItRunsLeaveNothingBehind) {
  const std::string path = new_path();
  const Pipeline pipeline("vslsrc timeout=0 path=" + path + " ! fakesink name=out");
  Producer producer(path);
  pipeline.set(GST_STATE_PLAYING);
  guint64 rendered = 0;
  const auto publish = [&](Fourcc format, std::uint32_t width_px) {
    producer.pool = must(Pool::create({.format = format, .width_px = width_px, .height_px = 32}));
    producer.publish();
    ++rendered;
    EXPECT_TRUE(until([&] { return stat(pipeline.child("out"), "rendered") == rendered; }));
  };
  expect_no_leak(
      [&] {
        publish(fourcc("NV12"), 64);
        publish(fourcc("RGB3"), 32);
        publish(fourcc("NV12"), 64);
      },
      &pipeline);
}

TEST_F(LeakTest, HostsThatAreLostAndFoundLeaveNothingBehind) {
  const std::string path = new_path();
  const Pipeline pipeline("vslsrc timeout=0 reconnect=true path=" + path + " ! fakesink name=out");
  pipeline.set(GST_STATE_PLAYING);
  guint64 rendered = 0;
  expect_no_leak(
      [&] {
        Producer producer(path);
        producer.publish();
        ++rendered;
        EXPECT_TRUE(until([&] { return stat(pipeline.child("out"), "rendered") == rendered; }));
      },
      &pipeline);
}

}  // namespace
}  // namespace vsl
