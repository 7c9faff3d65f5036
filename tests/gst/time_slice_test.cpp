// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/syscall.h>

#include "elements.hpp"

// The scheduler's slice of the thread that a vslsrc streams in: sched_setattr(2), Linux 6.12.

namespace vsl::gst_test {
namespace {

constexpr std::uint64_t kOurs = 400'000;

/// The slice of a thread, in ns; 0: the kernel knows none, or there is no such thread.
std::uint64_t slice_of(pid_t thread) {
  std::uint64_t attributes[6] = {
      sizeof attributes};  // struct sched_attr; the slice is its 4th word
  if (::syscall(SYS_sched_getattr, thread, attributes, sizeof attributes, 0) != 0) return 0;
  return attributes[3];
}

struct Seen {
  std::atomic<pid_t> thread{0};
  std::atomic<std::uint64_t> slice_ns{0};
};

GstPadProbeReturn look(GstPad*, GstPadProbeInfo*, gpointer data) {
  auto* seen = static_cast<Seen*>(data);
  seen->slice_ns = slice_of(0);
  seen->thread = ::gettid();
  return GST_PAD_PROBE_OK;
}

/// Lets a frame pass and says what it was streamed in.
void stream_one(const std::string& properties, const std::function<void(const Seen&)>& check) {
  const std::string path = new_path();
  Producer producer(path);
  const Pipeline pipeline("vslsrc name=src timeout=0 path=" + path + " " + properties +
                          " ! fakesink");
  Seen seen;
  GstPad* pad = gst_element_get_static_pad(pipeline.child("src"), "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, look, &seen, nullptr);
  gst_object_unref(pad);
  pipeline.set(GST_STATE_PLAYING);
  producer.publish();
  ASSERT_TRUE(until([&] { return seen.thread != 0; }));
  check(seen);
  pipeline.set(GST_STATE_NULL);
  // The thread ends, or waits in a pool for whoever wants one next.
  const std::uint64_t after_ns = slice_of(seen.thread);
  EXPECT_TRUE(after_ns == 0 || after_ns == slice_of(0)) << after_ns;
}

class TimeSliceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (slice_of(0) <= kOurs) GTEST_SKIP() << "this kernel has no slices of threads (Linux 6.12)";
  }
};

TEST_F(TimeSliceTest, IsShortWhileFramesAreAwaitedAndGivenBackAfterwards) {
  stream_one("", [](const Seen& seen) { EXPECT_EQ(seen.slice_ns, kOurs); });
}

TEST_F(TimeSliceTest, IsLeftAloneWhenAskedTo) {
  stream_one("time-slice=0", [](const Seen& seen) { EXPECT_EQ(seen.slice_ns, slice_of(0)); });
}

TEST_F(TimeSliceTest, NeverGetsLonger) {
  stream_one("time-slice=100000", [](const Seen& seen) { EXPECT_EQ(seen.slice_ns, slice_of(0)); });
}

}  // namespace
}  // namespace vsl::gst_test
