// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <optional>
#include <vector>

#include "elements.hpp"

// What a vslsrc stamps its buffers with, and the latency it reports.

namespace vsl::gst_test {
namespace {

TEST(StampsTest, StampsWithTheTimeOfCaptureInItsOwnRunningTime) {
  Stream stream(Stream::Strides::unknown);
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto base = static_cast<std::int64_t>(gst_element_get_base_time(stream.harness->element));
  const std::int64_t captured_ns = std::chrono::nanoseconds(now).count();
  stream.producer.publish([&](FrameInfo& info) { info.times.captured_ns = captured_ns; });
  const BufferRef first = pull(stream.harness);
  stream.producer.publish([&](FrameInfo& info) { info.times.captured_ns = captured_ns + 777; });
  const BufferRef second = pull(stream.harness);
  EXPECT_EQ(GST_BUFFER_PTS(first.get()), static_cast<GstClockTime>(captured_ns - base));
  EXPECT_EQ(GST_BUFFER_PTS(second.get()) - GST_BUFFER_PTS(first.get()), 777U);
  const GstReferenceTimestampMeta* stamp =
      gst_buffer_get_reference_timestamp_meta(first.get(), nullptr);
  ASSERT_NE(stamp, nullptr);
  EXPECT_EQ(stamp->timestamp, static_cast<GstClockTime>(captured_ns));
}

struct Stamps {
  std::int64_t pts_ns, dts_ns;
};

/// I0 P3 B1 B2 P6 B4 B5, and what more than the producer's each is stamped with. The first was
/// captured so long ago; without that they come from a file.
std::vector<Stamps> send_b_frames(std::optional<std::chrono::nanoseconds> ago) {
  const std::string path = new_path();
  Producer producer(path, {.format = fourcc("H264"), .opaque_bytes = 1000});
  const Harness harness = source_harness(path);
  gst_harness_play(harness.get());
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const std::int64_t first_ns = std::chrono::nanoseconds(now - ago.value_or(0ns)).count();
  std::vector<Stamps> seen;
  std::int64_t dts = -1;
  for (const std::int64_t shown : {0, 3, 1, 2, 6, 4, 5}) {
    constexpr std::int64_t kFrameNs = 33'000'000;
    const std::int64_t pts_ns = (shown + 2) * kFrameNs, dts_ns = (++dts + 1) * kFrameNs;
    producer.publish([&](FrameInfo& info) {
      info.key_frame = shown == 0;
      if (ago) info.times.captured_ns = first_ns + shown * kFrameNs;
      info.times.pts_ns = pts_ns;
      info.times.dts_ns = dts_ns;
    });
    const BufferRef buffer = pull(harness);
    seen.push_back({static_cast<std::int64_t>(GST_BUFFER_PTS(buffer.get())) - pts_ns,
                    static_cast<std::int64_t>(GST_BUFFER_DTS(buffer.get())) - dts_ns});
  }
  return seen;
}

TEST(StampsTest, KeepsTheOrderAndTheDistancesOfBFrames) {
  // Captured before it was there, on its way for a while, and as good as now.
  for (const auto ago : {2000ms, 100ms, 0ms}) {
    const auto seen = send_b_frames(ago);
    for (const Stamps& stamps : seen) {
      EXPECT_EQ(stamps.pts_ns, seen[0].pts_ns);
      EXPECT_EQ(stamps.dts_ns, seen[0].pts_ns) << "as far behind the PTS as at the producer";
    }
  }
}

TEST(StampsTest, BFramesOfAFileAreShownAsLongAfterTheirDecodingAsThere) {
  for (const Stamps& stamps : send_b_frames(std::nullopt)) {
    EXPECT_EQ(stamps.pts_ns, stamps.dts_ns) << "both are moved by as much";
  }
}

TEST(StampsTest, TakesTheProducersStampsAsTheyAreWhenAsked) {
  const std::string path = new_path();
  Producer producer(path);
  const Harness harness = source_harness(path);
  g_object_set(harness->element, "pts", TRUE, "dts", TRUE, nullptr);
  gst_harness_play(harness.get());
  producer.publish([](FrameInfo& info) {
    info.times.pts_ns = 123;
    info.times.dts_ns = 45;
  });
  const BufferRef buffer = pull(harness);
  EXPECT_EQ(GST_BUFFER_PTS(buffer.get()), 123U);
  EXPECT_EQ(GST_BUFFER_DTS(buffer.get()), 45U);
}

/// As if it had been captured so long ago.
auto captured(std::chrono::nanoseconds ago) {
  return [ago](FrameInfo& info) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    info.times.captured_ns = std::chrono::nanoseconds(now - ago).count();
  };
}

TEST(StampsTest, ReportsTheLatencyItSees) {
  Stream stream(Stream::Strides::unknown);
  // A frame that it was not waiting for yet does not count.
  ASSERT_TRUE(until([&] {
    stream.producer.publish(captured(40ms));
    return pull(stream.harness) != nullptr &&
           gst_harness_query_latency(stream.harness.get()) >= 40 * GST_MSECOND;
  }));
}

TEST(StampsTest, ReportsALatencyThatEveryFrameHasHoweverLong) {
  for (const auto late : {200ms, 2500ms}) {
    Stream stream(Stream::Strides::unknown);
    const auto at_least = static_cast<GstClockTime>(std::chrono::nanoseconds(late).count());
    ASSERT_TRUE(until([&] {
      stream.producer.publish(captured(late));
      return pull(stream.harness) != nullptr &&
             gst_harness_query_latency(stream.harness.get()) >= at_least;
    }));
  }
}

TEST(StampsTest, WaitsForNoOtherFrameAsLongAsForOneThatWasHeldUp) {
  Stream stream(Stream::Strides::unknown);
  for (int i = 0; i < 20; ++i) {
    stream.producer.publish(captured(i == 10 ? 5000ms : 1ms));
    ASSERT_NE(pull(stream.harness), nullptr);
  }
  EXPECT_LT(gst_harness_query_latency(stream.harness.get()), 2 * GST_SECOND);
}

TEST(StampsTest, AStampOfTheFutureIsTakenForTheTimeOfPublication) {
  Stream stream(Stream::Strides::unknown);
  stream.producer.publish(captured(0ms));
  ASSERT_NE(pull(stream.harness), nullptr);
  for (const auto ahead : {-3ms, -3600'000ms}) {  // as of CLOCK_REALTIME without its bit
    stream.producer.publish(captured(ahead));
    const BufferRef buffer = pull(stream.harness);
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const GstClockTime base = gst_element_get_base_time(stream.harness->element);
    EXPECT_LE(GST_BUFFER_PTS(buffer.get()) + base,
              static_cast<GstClockTime>(std::chrono::nanoseconds(now).count()));
  }
  EXPECT_EQ(stat(stream.harness->element, "bad-times"), 2U);
}

TEST(StampsTest, ProducersStampsAreRunningTimesWhateverTheirSegmentBeginsWith) {
  const std::string path = new_path();
  const Harness sink =
      sink_harness(path, "video/x-raw,format=NV12,width=64,height=32,framerate=25/1");
  Client client = connect(path);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 1000 * 3600 * GST_SECOND;  // x264enc's, so that no DTS is negative
  ASSERT_TRUE(gst_harness_push_event(sink.get(), gst_event_new_segment(&segment)));
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 64 * 48, nullptr);
  GST_BUFFER_PTS(buffer) = segment.start + 80 * GST_MSECOND;
  GST_BUFFER_DTS(buffer) = segment.start + 40 * GST_MSECOND;
  ASSERT_EQ(gst_harness_push(sink.get(), buffer), GST_FLOW_OK);
  const Lease lease = next(client);
  EXPECT_EQ(lease.info().times.pts_ns, 80'000'000);
  EXPECT_EQ(lease.info().times.dts_ns, 40'000'000);
}

TEST(StampsTest, WhatIsDecodedBeforeTheBeginningKeepsItsDistances) {
  const std::string path = new_path();
  const Harness sink =
      sink_harness(path, "video/x-raw,format=NV12,width=64,height=32,framerate=25/1");
  Client client = connect(path);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 3600 * GST_SECOND;
  ASSERT_TRUE(gst_harness_push_event(sink.get(), gst_event_new_segment(&segment)));
  for (const int shown : {0, 3, 1, 2}) {
    static int decoded = 0;
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 64 * 48, nullptr);
    GST_BUFFER_PTS(buffer) = segment.start + static_cast<GstClockTime>(shown) * 40 * GST_MSECOND;
    GST_BUFFER_DTS(buffer) =
        segment.start - 80 * GST_MSECOND + static_cast<GstClockTime>(decoded++) * 40 * GST_MSECOND;
    const auto apart = static_cast<std::int64_t>(GST_BUFFER_PTS(buffer) - GST_BUFFER_DTS(buffer));
    ASSERT_EQ(gst_harness_push(sink.get(), buffer), GST_FLOW_OK);
    const FrameTimes times = next(client).info().times;
    EXPECT_EQ(times.pts_ns - times.dts_ns, apart);
    EXPECT_EQ(times.pts_ns, 80'000'000 + shown * 40'000'000);
  }
}

TEST(StampsTest, TakesTheAgeOfAFrameThatWaitedForItForNoLatency) {
  const std::string path = new_path();
  Producer producer(path);
  producer.publish(captured(90ms));  // before anybody is there
  const Harness harness = source_harness(path);
  gst_harness_play(harness.get());
  ASSERT_NE(pull(harness), nullptr);
  EXPECT_EQ(gst_harness_query_latency(harness.get()), 0U);
}

}  // namespace
}  // namespace vsl::gst_test
