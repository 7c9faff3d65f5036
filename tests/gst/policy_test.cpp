// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/mman.h>

#include <array>
#include <vector>

#include "elements.hpp"

namespace vsl {
namespace {

using namespace gst_test;

// --- vslsink: who may connect, and for how long frames are theirs -------------------------------

/// A vslsink with one property that is not what it is by default, and pictures of 64x32 for it.
struct Served {
  Served(const char* property, const char* value) {
    GstElement* element = gst_element_factory_make("vslsink", nullptr);
    g_object_set(element, "path", path.c_str(), "sync", FALSE, nullptr);
    gst_util_set_object_arg(G_OBJECT(element), property, value);
    harness.reset(gst_harness_new_with_element(element, "sink", nullptr));
    gst_object_unref(element);
    gst_harness_set_src_caps_str(harness.get(),
                                 "video/x-raw,format=NV12,width=64,height=32,framerate=25/1");
  }
  void push() const {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 64 * 48, nullptr);
    EXPECT_EQ(gst_harness_push(harness.get(), buffer), GST_FLOW_OK);
  }
  guint64 stat(const char* name) const { return gst_test::stat(harness->element, name); }

  const std::string path = new_path();
  Harness harness;
};

/// Why a client was turned away; nothing: it was not.
std::error_code refusal(const std::string& path) {
  auto client = Client::connect(path, {.reconnect = false, .connect_timeout = kPatience});
  if (!client) return client.error().code;
  const auto frame = client->wait_frame(kPatience);
  return frame ? std::error_code() : frame.error().code;
}

TEST(SinkPolicyTest, TurnsAwayUsersItWasNotToldOf) {
  const Served served("allowed-uids", std::to_string(::getuid() + 1).c_str());
  EXPECT_EQ(refusal(served.path), std::errc::operation_not_permitted);
  EXPECT_TRUE(until([&] { return served.stat("refused") >= 1; }));
}

TEST(SinkPolicyTest, LetsInTheUsersItWasToldOf) {
  const std::string users = std::to_string(::getuid()) + ",4242";
  const Served served("allowed-uids", users.c_str());
  Client client = connect(served.path);
  served.push();
  EXPECT_TRUE(next(client));
}

TEST(SinkPolicyTest, TurnsAwayGroupsItWasNotToldOf) {
  const Served served("allowed-gids", "4242");
  EXPECT_EQ(refusal(served.path), std::errc::operation_not_permitted);
}

TEST(SinkPolicyTest, TurnsAwayMoreClientsThanItMayHave) {
  const Served served("max-clients", "1");
  Client first = connect(served.path);
  served.push();
  ASSERT_TRUE(next(first));
  EXPECT_EQ(refusal(served.path), std::errc::connection_refused);
}

/// Whether a client can map the memory of the next frame for writing, whatever it promised.
bool is_writable(const Served& served) {
  Client client = connect(served.path);
  served.push();
  const Lease lease = next(client);
  void* const mapped =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, lease.buffer_fd(0), 0);
  if (mapped == MAP_FAILED) return false;
  ::munmap(mapped, 4096);
  return true;
}

TEST(SinkPolicyTest, LetsClientsWriteOnlyWhenToldTo) {
  EXPECT_FALSE(is_writable(Served("access", "read")));
  EXPECT_TRUE(is_writable(Served("access", "read-write")));
}

TEST(SinkPolicyTest, TakesBackWhatAReaderHoldsBeyondTheLimit) {
  const Served served("hold-limit", "1");
  const auto newest = [&] { return connect(served.path, {.policy = Policy::newest()}); };
  std::array clients{newest(), newest()};  // one alone may not hold all
  std::vector<Lease> held;
  std::size_t turn = 0;
  ASSERT_TRUE(until([&] {
    served.push();
    auto frame = clients[++turn % 2].try_frame();
    if (frame && *frame) held.push_back(std::move(**frame));
    return served.stat("taken-back") > 0;
  }));
  EXPECT_FALSE(held.front().valid());
}

TEST(SinkPolicyTest, ForgetsAllFramesButTheNewestInTimeThoughNoOtherComes) {
  const Served served("lifespan", "20");
  for (int i = 0; i < 3; ++i) served.push();
  EXPECT_TRUE(until([&] { return served.stat("live") == 1; }));
}

TEST(SinkPolicyTest, OffersAFrameWithoutLifespanToWhoComesLater) {
  const Served served("lifespan", "0");
  served.push();
  Client client = connect(served.path);
  EXPECT_EQ(next(client).serial(), 1U);
}

// --- vslsrc: what it takes, and whose memory it hands on ----------------------------------------

struct Queue {
  const char* properties;
  guint64 least, most;  ///< delivered of six frames, of which five came during a pause
};

class QueueTest : public ::testing::TestWithParam<Queue> {};

TEST_P(QueueTest, SaysHowFarASourceMayFallBehind) {
  const std::string path = new_path();
  Producer producer(path);
  const Pipeline pipeline(std::string("vslsrc name=src timeout=0 ") + GetParam().properties +
                          " path=" + path + " ! fakesink");
  const auto delivered = [&] { return stat(pipeline.child("src"), "delivered"); };
  const auto seen = [&] { return delivered() + stat(pipeline.child("src"), "skipped"); };
  pipeline.set(GST_STATE_PLAYING);
  producer.publish();
  ASSERT_TRUE(until([&] { return delivered() == 1; }));
  pipeline.set(GST_STATE_PAUSED);
  for (int i = 0; i < 5; ++i) producer.publish();
  pipeline.set(GST_STATE_PLAYING);
  ASSERT_TRUE(until([&] { return seen() == 6; }));
  EXPECT_GE(delivered(), GetParam().least);
  EXPECT_LE(delivered(), GetParam().most);
}

INSTANTIATE_TEST_SUITE_P(Every, QueueTest,
                         // The wait that the pause ended may still have taken one.
                         ::testing::Values(Queue{"", 6, 6}, Queue{"max-queue=2", 3, 4},
                                           Queue{"latest-only=true", 2, 3}));

/// A vslsrc with one property that is not what it is by default, its buffers kept.
struct Received {
  Received(const char* property, const char* value)
      : producer(path), harness(source_harness(path)) {
    gst_util_set_object_arg(G_OBJECT(harness->element), property, value);
    gst_harness_add_propose_allocation_meta(harness.get(), GST_VIDEO_META_API_TYPE, nullptr);
    producer.publish();  // so that the host knows its pool, and lends no more than that can spare
    gst_harness_play(harness.get());
    kept.push_back(pull(harness));
  }
  guint64 stat(const char* name) const { return gst_test::stat(harness->element, name); }

  const std::string path = new_path();
  Producer producer;
  Harness harness;
  std::vector<BufferRef> kept;
};

TEST(SourcePolicyTest, CopiesAndGivesBackAtOnceWhenToldTo) {
  Received received("copy", "always");
  for (int i = 1; i < 20; ++i) {  // of a pool of 8
    received.producer.publish({}, static_cast<std::uint8_t>(i));
    received.kept.push_back(pull(received.harness));
    ASSERT_NE(received.kept.back(), nullptr);
  }
  for (int i = 1; i < 20; ++i) {
    EXPECT_EQ(gst_buffer_memcmp(received.kept[static_cast<std::size_t>(i)].get(), 0,
                                std::string(1, static_cast<char>(i)).data(), 1),
              0);
  }
  EXPECT_EQ(received.stat("copied"), 20U);
  EXPECT_EQ(received.stat("shared"), 0U);
}

TEST(SourcePolicyTest, SkipsRatherThanCopiesWhenToldTo) {
  Received received("copy", "never");
  for (int i = 0; i < 30; ++i) {
    received.producer.publish();
    if (BufferRef got{gst_harness_try_pull(received.harness.get())}) {
      received.kept.push_back(std::move(got));
    }
  }
  EXPECT_LT(received.kept.size(), 8U);
  received.kept.clear();
  ASSERT_TRUE(until([&] {
    received.producer.publish();
    const BufferRef got(gst_harness_try_pull(received.harness.get()));
    return got != nullptr && GST_BUFFER_OFFSET(got.get()) > 30;
  }));
  EXPECT_EQ(received.stat("copied"), 0U);
  EXPECT_GT(received.stat("skipped"), 0U);
}

TEST(SourcePolicyTest, StampsWithTheTimeOfArrivalWhenToldTo) {
  Received received("timestamps", "arrival");
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const std::int64_t captured_ns = std::chrono::nanoseconds(now).count();
  received.producer.publish(
      [&](FrameInfo& info) { info.times.captured_ns = captured_ns - 1'000'000'000; });
  const BufferRef buffer = pull(received.harness);
  ASSERT_NE(buffer, nullptr);
  const auto base = gst_element_get_base_time(received.harness->element);
  EXPECT_GE(base + GST_BUFFER_PTS(buffer.get()), static_cast<GstClockTime>(captured_ns));
}

TEST(SourcePolicyTest, WaitsForAHostThatComesWithinTheTimeItIsGiven) {
  const std::string path = new_path();
  const Pipeline pipeline("vslsrc name=src timeout=0 connect-timeout=60000 path=" + path +
                          " ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  Producer producer(path);
  producer.publish();
  EXPECT_TRUE(until([&] { return stat(pipeline.child("src"), "delivered") == 1; }));
}

TEST(SourcePolicyTest, TellsDownstreamOfASilenceThatItWaitsThrough) {
  const std::string path = new_path();
  Producer producer(path);
  const Harness harness = source_harness(path);
  g_object_set(harness->element, "timeout", 0.05, "reconnect", TRUE, nullptr);
  gst_harness_play(harness.get());
  producer.publish();
  ASSERT_NE(pull(harness), nullptr);
  EXPECT_TRUE(until([&] {
    GstEvent* event = gst_harness_try_pull_event(harness.get());
    const bool is_gap = event != nullptr && GST_EVENT_TYPE(event) == GST_EVENT_GAP;
    if (event != nullptr) gst_event_unref(event);
    return is_gap;
  }));
}

class EndTest : public ::testing::TestWithParam<bool> {};

TEST_P(EndTest, AnEosEndsAWaitForAHostOrAFrameAtOnce) {
  const std::string path = new_path();
  std::unique_ptr<Producer> silent;
  if (GetParam()) silent = std::make_unique<Producer>(path);
  const Pipeline pipeline("vslsrc timeout=0 reconnect=true path=" + path + " ! fakesink");
  pipeline.set(GST_STATE_PLAYING);
  if (GetParam()) {
    ASSERT_EQ(pipeline.wait(GST_MESSAGE_ELEMENT).first, GST_MESSAGE_ELEMENT);
  }
  gst_element_send_event(pipeline.element, gst_event_new_eos());
  EXPECT_EQ(pipeline.wait(GST_MESSAGE_EOS).first, GST_MESSAGE_EOS);
}

INSTANTIATE_TEST_SUITE_P(Every, EndTest, ::testing::Bool(),
                         [](const auto& about) { return about.param ? "Silent" : "Absent"; });

TEST(SourcePolicyTest, AnswersAQueryForCapsWithoutAFrame) {
  const std::string path = new_path();
  Producer producer(path);
  const Harness harness = source_harness(path);
  gst_harness_play(harness.get());
  GstCaps* filter = gst_caps_from_string("video/x-raw,format=NV12,width=640");
  GstCaps* offered = gst_pad_peer_query_caps(harness->sinkpad, filter);
  EXPECT_TRUE(gst_caps_is_subset(offered, filter));
  EXPECT_FALSE(gst_caps_is_empty(offered));
  gst_caps_unref(offered);
  gst_caps_unref(filter);
  producer.publish();
  const BufferRef buffer = pull(harness);
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(GST_BUFFER_OFFSET(buffer.get()), 1U);
}

}  // namespace
}  // namespace vsl
