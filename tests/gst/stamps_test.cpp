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
