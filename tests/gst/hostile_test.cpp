// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstdio>
#include <cstring>

#include "elements.hpp"
#include "wire/v2_layout.hpp"

/// What vslsrc makes of hosts that say what cannot be.
namespace vsl {
namespace {

using namespace gst_test;

/// The board of the one host of this process, as the host itself may write it.
wire::v2::Board* board_of_the_host() {
  std::FILE* const maps = std::fopen("/proc/self/maps", "re");
  char line[512];
  unsigned long start = 0;
  while (start == 0 && std::fgets(line, sizeof line, maps) != nullptr) {
    const bool is_it =
        std::strstr(line, "/memfd:vsl:board") != nullptr && std::strstr(line, " rw-s ") != nullptr;
    if (is_it) std::sscanf(line, "%lx", &start);
  }
  std::fclose(maps);
  return reinterpret_cast<wire::v2::Board*>(start);
}

/// Counts what GLib calls critical: its and GStreamer's assertions.
struct Criticals {
  Criticals() {
    init();
    g_log_set_default_handler(
        [](const gchar*, GLogLevelFlags level, const gchar* text, gpointer seen) {
          if ((level & G_LOG_LEVEL_CRITICAL) == 0) return;
          std::fprintf(stderr, "%s\n", text);
          ++*static_cast<std::atomic<int>*>(seen);
        },
        &count);
  }
  ~Criticals() { g_log_set_default_handler(g_log_default_handler, nullptr); }
  static inline std::atomic<int> count{0};
};

/// A vslsrc whose first frame its host has told lies about.
struct Lies {
  explicit Lies(const std::function<void(FrameInfo&)>& edit,
                const std::function<void(wire::v2::Slot&)>& tamper = {}) {
    producer.publish(edit);
    wire::v2::Board* const board = board_of_the_host();
    const std::uint64_t word = board->ring[1].load(std::memory_order_acquire);
    if (tamper) tamper(board->slots[wire::v2::slot_of(word)]);
    gst_harness_add_propose_allocation_meta(harness.get(), GST_VIDEO_META_API_TYPE, nullptr);
    gst_harness_play(harness.get());
  }

  Criticals criticals;
  const std::string path = new_path();
  Producer producer{path};
  Harness harness = source_harness(path);
};

TEST(HostileHostTest, TimesThatCannotBeArriveAsTimesThatCan) {
  for (const std::int64_t time : {std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
    const Lies lies(
        [&](FrameInfo& info) {
          info.times.captured_ns = time == INT64_MAX ? time : 0;
          info.times.duration_ns = info.times.pts_ns = info.times.dts_ns = time;
        },
        [&](wire::v2::Slot& slot) { slot.description.published_ns = time; });
    const BufferRef buffer = pull(lies.harness);
    ASSERT_NE(buffer, nullptr);
    // The harness' running time began with the clock.
    EXPECT_LE(GST_BUFFER_PTS(buffer.get()), gst_util_get_timestamp()) << time;
    EXPECT_FALSE(GST_BUFFER_DURATION_IS_VALID(buffer.get())) << time;
  }
  EXPECT_EQ(Criticals::count, 0);
}

TEST(HostileHostTest, ACropThatIsNotInThePictureIsNotHandedOn) {
  for (const Rect crop : {Rect{60, 0, 100, 10}, Rect{0, 30, 8, 8}, Rect{-2, 0, 8, 8},
                          Rect{INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}}) {
    const Lies lies({}, [&](wire::v2::Slot& slot) {
      std::memcpy(slot.details.crop, &crop, sizeof slot.details.crop);
    });
    const BufferRef buffer = pull(lies.harness);
    ASSERT_NE(buffer, nullptr);
    EXPECT_EQ(gst_buffer_get_video_crop_meta(buffer.get()), nullptr) << crop.x;
  }
}

TEST(HostileHostTest, AHostOfAnotherUserIsRefusedInASentence) {
  const std::string path = new_path();
  Producer producer(path);
  producer.publish();
  const Pipeline pipeline("vslsrc host-user=" + std::to_string(::geteuid() + 1) + " path=" + path +
                          " ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  EXPECT_EQ(pipeline.wait(GST_MESSAGE_ERROR).second, "Could not receive from " + path + ".");
  const Pipeline trusting("vslsrc num-buffers=1 host-user=any path=" + path + " ! fakesink");
  trusting.set(GST_STATE_PLAYING);
  const auto kinds = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  EXPECT_EQ(trusting.wait(kinds).first, GST_MESSAGE_EOS);
}

TEST(HostileHostTest, AHostUserThatIsNoneIsAnError) {
  const Pipeline pipeline("vslsrc host-user=no-such-user-here path=/tmp/nothing ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  EXPECT_EQ(pipeline.wait(GST_MESSAGE_ERROR).first, GST_MESSAGE_ERROR);
}

TEST(HostileHostTest, MemoryThatCouldBeTruncatedIsSkippedWhereItIsRefused) {
  const std::string path = new_path();
  Producer producer(path, {.format = fourcc("NV12"),
                           .width_px = 64,
                           .height_px = 32,
                           .buffers = 8,
                           .memory = {.source = MemorySource::shm}});
  producer.publish();
  const Harness harness = source_harness(path);
  gst_util_set_object_arg(G_OBJECT(harness->element), "may-fault", "refuse");
  gst_harness_play(harness.get());
  EXPECT_TRUE(until([&] { return stat(harness->element, "refused") == 1; }));
}

}  // namespace
}  // namespace vsl
