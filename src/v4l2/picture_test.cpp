// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/picture.hpp"

#include <gtest/gtest.h>

namespace vsl::v4l2 {
namespace {

TEST(SequenceTrackerTest, CountsWhatIsMissingAndGoesOnBeyond32Bits) {
  SequenceTracker tracker;
  EXPECT_EQ(tracker.next(0xfffffffe), 0xfffffffeU);
  EXPECT_EQ(tracker.missed(), 0U);
  EXPECT_EQ(tracker.next(0xffffffff), 0xffffffffU);
  EXPECT_EQ(tracker.next(2), 0x100000002U);
  EXPECT_EQ(tracker.missed(), 2U);
  EXPECT_EQ(tracker.next(3), 0x100000003U);
  EXPECT_EQ(tracker.missed(), 0U);
}

TEST(SequenceTrackerTest, TakesACountThatGoesBackForANewBeginning) {
  SequenceTracker tracker;
  tracker.next(100);
  EXPECT_EQ(tracker.next(7), 7U);
  EXPECT_EQ(tracker.missed(), 0U);
  tracker.restart();
  EXPECT_EQ(tracker.next(50), 50U);
  EXPECT_EQ(tracker.missed(), 0U);
}

TEST(SequenceTrackerTest, SeesNoGapsInADriverThatDoesNotCount) {
  SequenceTracker tracker;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(tracker.next(0), 0U);
    EXPECT_EQ(tracker.missed(), 0U);
  }
}

TEST(SequenceTrackerTest, TellsANumberThatComesTwiceFromTheFirstOneAndFromTheNext) {
  SequenceTracker tracker;
  EXPECT_EQ(tracker.next(0), 0U);
  EXPECT_FALSE(tracker.repeated());
  EXPECT_EQ(tracker.next(0), 0U);
  EXPECT_TRUE(tracker.repeated());
  EXPECT_EQ(tracker.next(1), 1U);
  EXPECT_FALSE(tracker.repeated());
  tracker.restart();
  EXPECT_EQ(tracker.next(1), 1U);
  EXPECT_FALSE(tracker.repeated()) << "the first of another start";
}

constexpr std::int64_t kMonotonic = 5'000'000'000'000, kRealtime = 1'700'000'000'000'000'000;

Stamp stamp(std::uint32_t flags, std::int64_t ns) {
  return stamp_of({.flags = flags, .stamp_ns = ns}, kMonotonic, kRealtime);
}

TEST(StampTest, KnowsTheClockTheDriverNames) {
  EXPECT_EQ(stamp(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 42).ns, 42);
  EXPECT_FALSE(stamp(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, 42).realtime);
}

TEST(StampTest, RecognisesTheClockOfADriverThatNamesNone) {
  EXPECT_TRUE(stamp(V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN, kRealtime - 1000).realtime);
  EXPECT_EQ(stamp(V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN, kRealtime - 1000).ns, kRealtime - 1000);
  EXPECT_EQ(stamp(V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN, kMonotonic - 1000).ns, kMonotonic - 1000);
  EXPECT_FALSE(stamp(V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN, kMonotonic - 1000).realtime);
}

TEST(StampTest, BelievesNoTimeThatIsOnNoClock) {
  EXPECT_EQ(stamp(V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN, 77).ns, 0);
  EXPECT_EQ(stamp(V4L2_BUF_FLAG_TIMESTAMP_COPY, 0).ns, 0);
  EXPECT_EQ(stamp(V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, -5).ns, 0);
}

Agreement agreement(Fourcc code, bool coded, std::initializer_list<MemoryPlane> planes) {
  Agreement agreed;
  agreed.driver = {.pixel_format = code, .width_px = 64, .height_px = 4};
  for (const MemoryPlane& plane : planes) agreed.driver.planes[agreed.driver.plane_count++] = plane;
  agreed.layout = *layout_of(agreed.driver, code);
  agreed.coded = coded;
  return agreed;
}

TEST(PictureTest, IsDamagedWhenTheDriverSaysSoOrBytesAreMissing) {
  const auto agreed = agreement(fourcc("NV12"), false, {{64, 400}});
  EXPECT_TRUE(layout_of_picture(agreed, {.bytes_used = {384}}));
  EXPECT_FALSE(layout_of_picture(agreed, {.flags = V4L2_BUF_FLAG_ERROR, .bytes_used = {384}}));
  EXPECT_FALSE(layout_of_picture(agreed, {.bytes_used = {383}}));
  EXPECT_FALSE(layout_of_picture(agreed, {.bytes_used = {0}}));
}

TEST(PictureTest, BeginsWhereTheDriverPutsIt) {
  const auto agreed = agreement(fourcc("NV16"), false, {{64, 300}, {64, 300}});
  const auto layout = layout_of_picture(agreed, {.bytes_used = {256, 300}, .data_offset = {0, 44}});
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->planes[0].offset_bytes, 0U);
  EXPECT_EQ(layout->planes[1].offset_bytes, 44U);
  EXPECT_FALSE(layout_of_picture(agreed, {.bytes_used = {256, 300}, .data_offset = {0, 45}}));
  // Not even when the driver says there are more bytes than fit.
  EXPECT_FALSE(layout_of_picture(agreed, {.bytes_used = {256, 999}, .data_offset = {0, 45}}));
}

TEST(PictureTest, IsAsLongAsItsCodedBytes) {
  const auto agreed = agreement(fourcc("MJPG"), true, {{0, 4096}});
  const auto layout = layout_of_picture(agreed, {.bytes_used = {1234}});
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->buffer_bytes[0], 1234U);
  EXPECT_EQ(layout->plane_bytes(0), 1234U);
  EXPECT_FALSE(layout_of_picture(agreed, {.bytes_used = {4097}}));
}

TEST(PictureTest, KeepsItsPlanesApartWhenItsBuffersAreJoined) {
  const auto agreed = agreement(fourcc("NV16"), false, {{64, 300}, {64, 300}});
  const auto joined = join_buffers(agreed.layout);
  EXPECT_EQ(joined.starts[1], 320U);  // on a cache line
  EXPECT_EQ(joined.bytes, 640U);
  const auto picture = layout_of_picture(agreed, {.bytes_used = {300, 300}, .data_offset = {0, 8}});
  ASSERT_TRUE(picture);
  const Layout layout = in_one_buffer(*picture, joined);
  EXPECT_EQ(layout.buffer_count, 1U);
  EXPECT_EQ(layout.planes[1], (PlaneLayout{328, 64, 0}));
  EXPECT_EQ(layout.buffer_bytes[0], 620U);
}

}  // namespace
}  // namespace vsl::v4l2
