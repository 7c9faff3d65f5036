// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "elements.hpp"

// Streams whose next picture comes late or never: a still picture, one a second and slower.

namespace vsl::gst_test {
namespace {

constexpr const char* kStill = "video/x-raw,format=NV12,width=64,height=32,framerate=0/1";
// Longer than the default of property timeout, as a stream has to survive it.
constexpr auto kBeyondTimeout = 1500ms;

/// A vslsrc whose property timeout was not set.
Harness patient_harness(const std::string& path) {
  Harness harness(gst_harness_new("vslsrc"));
  gst_harness_use_systemclock(harness.get());
  g_object_set(harness->element, "path", path.c_str(), nullptr);
  gst_harness_play(harness.get());
  return harness;
}

/// What ended a stream within that time: GST_MESSAGE_UNKNOWN if nothing did.
GstMessageType end_of(const Harness& harness, std::chrono::nanoseconds patience) {
  GstBus* bus = gst_bus_new();
  gst_element_set_bus(harness->element, bus);
  const auto kinds = static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  GstMessage* message =
      gst_bus_timed_pop_filtered(bus, static_cast<GstClockTime>(patience.count()), kinds);
  const GstMessageType kind = message != nullptr ? GST_MESSAGE_TYPE(message) : GST_MESSAGE_UNKNOWN;
  if (message != nullptr) gst_message_unref(message);
  gst_element_set_bus(harness->element, nullptr);
  gst_object_unref(bus);
  return kind;
}

TEST(StillTest, WhoJoinsLateGetsAPictureThatStandsStill) {
  const std::string path = new_path();
  const Harness sink = sink_harness(path, kStill);
  g_object_set(sink->element, "lifespan", G_GINT64_CONSTANT(1), nullptr);
  ASSERT_EQ(gst_harness_push(sink.get(), gst_buffer_new_allocate(nullptr, 64 * 48, nullptr)),
            GST_FLOW_OK);
  std::this_thread::sleep_for(50ms);  // its time is over, with nothing to show that
  const Harness reader = patient_harness(path);
  EXPECT_NE(pull(reader), nullptr);
}

TEST(StillTest, AFrameThatANewerOneReplacedGoesWhenItsTimeIsOver) {
  const std::string path = new_path();
  const Harness sink = sink_harness(path, kStill);
  g_object_set(sink->element, "lifespan", G_GINT64_CONSTANT(1), nullptr);
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(gst_harness_push(sink.get(), gst_buffer_new_allocate(nullptr, 64 * 48, nullptr)),
              GST_FLOW_OK);
    EXPECT_TRUE(until([&] { return stat(sink->element, "live") == 1U; })) << i;
  }
}

TEST(StillTest, SilenceIsNoFaultWhereNobodySaidWhenTheNextPictureIsDue) {
  const std::string path = new_path();
  Producer producer(path);
  producer.publish();
  const Harness reader = patient_harness(path);
  ASSERT_NE(pull(reader), nullptr);
  EXPECT_EQ(end_of(reader, kBeyondTimeout), GST_MESSAGE_UNKNOWN);
}

TEST(StillTest, ASlowStreamMayBeAsSlowAsItSays) {
  const std::string path = new_path();
  Producer producer(path);
  producer.publish([](FrameInfo& info) { info.times.duration_ns = 5'000'000'000; });
  const Harness reader = patient_harness(path);
  ASSERT_NE(pull(reader), nullptr);
  EXPECT_EQ(end_of(reader, kBeyondTimeout), GST_MESSAGE_UNKNOWN);
}

TEST(StillTest, SilenceBeyondTheRateEndsTheStream) {
  const std::string path = new_path();
  Producer producer(path);
  producer.publish([](FrameInfo& info) { info.times.duration_ns = 33'333'333; });
  const Harness reader = patient_harness(path);
  ASSERT_NE(pull(reader), nullptr);
  EXPECT_EQ(end_of(reader, kPatience), GST_MESSAGE_ERROR);
}

TEST(StillTest, ATimeoutThatWasSetHolds) {
  const std::string path = new_path();
  Producer producer(path);
  producer.publish();
  Harness reader(gst_harness_new("vslsrc"));
  g_object_set(reader->element, "path", path.c_str(), "timeout", 0.1, nullptr);
  gst_harness_play(reader.get());
  ASSERT_NE(pull(reader), nullptr);
  EXPECT_EQ(end_of(reader, kPatience), GST_MESSAGE_ERROR);
}

}  // namespace
}  // namespace vsl::gst_test
