// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <unistd.h>

#include "cameras.hpp"
#include "colour_bars.hpp"
#include "videostream/client.hpp"
#include "videostream/host.hpp"

/// From the camera to readers: the driver's own buffers on the bus.
namespace vsl::lab {
namespace {

class CameraBusTest : public CameraTest {
 protected:
  static Result<Host> listen(const HostOptions& options = {}) {
    return Host::listen("/tmp/camera-bus-" + std::to_string(::getpid()), options);
  }
  static Result<Client> join(Host& host) {
    VSL_TRY(auto client, Client::connect(host.path()));
    VSL_CHECK(host.process());
    return client;
  }
  /// Captures and publishes one picture.
  static Result<std::uint64_t> pass_on(Camera& camera, Host& host) {
    VSL_TRY(auto frame, next(camera));
    return host.publish(std::move(frame));
  }
};

const KnownFormat kNv12{"NM12", Colors::yuv, {{0, 0}, {1, 0, 2, 2, 2}, {1, 1, 2, 2, 2}}};

TEST_F(CameraBusTest, BringsReadersTheDriversOwnBuffersUncopied) {
  auto camera = stream_vivid(Vivid::multi_planar, small(fourcc("NM12")));
  ASSERT_OK(camera);
  auto host = listen({.service_thread = true});
  ASSERT_OK(host);
  auto a = join(*host);
  ASSERT_OK(a);
  auto b = join(*host);
  ASSERT_OK(b);
  std::uint64_t last = 0, sent = 0;
  for (int i = 0; i < 30; ++i) {
    if (i == 15) sent = host->stats().fds_sent;
    ASSERT_OK(pass_on(*camera, *host));
    for (Client* client : {&*a, &*b}) {
      auto lease = client->wait_frame(kPictureLimit);
      ASSERT_OK(lease);
      ASSERT_TRUE(*lease);
      const FrameInfo info = (*lease)->info();
      EXPECT_EQ(info.layout.fourcc, fourcc("NV12"));
      EXPECT_EQ(info.layout.buffer_count, 2U);
      EXPECT_EQ(info.color.matrix, 6);
      EXPECT_GT(info.times.dequeued_ns, 0);
      const auto plane = [&](std::size_t index) { return (*lease)->plane(index); };
      EXPECT_EQ(check_bars(info.layout, kNv12, plane), "");
      EXPECT_TRUE((*lease)->valid());
      if (client == &*b) {
        EXPECT_EQ(info.source_sequence, last) << "both have the same picture";
      }
      last = info.source_sequence;
    }
  }
  EXPECT_EQ(camera->stats().copies, 0U);
  EXPECT_EQ(camera->stats().starved, 0U);
  EXPECT_EQ(host->stats().fds_sent, sent) << "each buffer goes to each reader once";
  EXPECT_LE(a->stats().maps, std::uint64_t{2} * camera->format().buffers);
}

TEST_F(CameraBusTest, KeepsTheDriverFedThoughFramesAreKeptUntilTheyAreNeeded) {
  auto camera = stream_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  auto host = listen({.lifespan = 0ns});
  ASSERT_OK(host);
  for (int i = 0; i < 40; ++i) ASSERT_OK(pass_on(*camera, *host));
  EXPECT_EQ(camera->stats().starved, 0U);
}

TEST_F(CameraBusTest, IsNotStoppedByAReaderThatKeepsAllItCanGet) {
  auto camera = stream_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  auto host = listen({.hold_limit = 50ms});
  ASSERT_OK(host);
  auto first = join(*host);
  ASSERT_OK(first);
  auto second = join(*host);
  ASSERT_OK(second);
  std::vector<Lease> kept;
  for (int i = 0; i < 60; ++i) {
    ASSERT_OK(pass_on(*camera, *host));
    ASSERT_OK(host->process());
    for (Client* client : {&*first, &*second}) {
      auto lease = client->try_frame();
      if (lease && *lease) kept.push_back(*std::move(*lease));
    }
  }
  EXPECT_GT(kept.size(), 3U);
  EXPECT_GT(host->stats().taken_back, 0U);
  EXPECT_FALSE(kept.front().valid()) << "who keeps a frame too long learns that it is gone";
}

}  // namespace
}  // namespace vsl::lab
