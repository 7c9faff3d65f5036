// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/wait.h>

#include "tests/capi/bus.hpp"

namespace capi_test {
namespace {

constexpr int kFrames = 50;

/// What a consumer written for release 2.5 does. Its exit status: 0 = every frame was whole.
int consume(const std::string& path) {
  VSLClient* const client = vsl_client_init(path.c_str(), nullptr, true);
  if (client == nullptr) return 1;
  std::int64_t last = 0;
  while (last < kFrames) {
    VSLFrame* const frame = vsl_frame_wait(client, 0);
    if (frame == nullptr && errno == ETIMEDOUT) continue;
    if (frame == nullptr) return 2;
    if (vsl_frame_serial(frame) <= last) return 3;
    last = vsl_frame_serial(frame);
    if (vsl_frame_trylock(frame) == 0) {
      size_t size = 0;
      const auto* pixels = static_cast<const unsigned char*>(vsl_frame_mmap(frame, &size));
      if (pixels == nullptr) return 4;
      for (size_t i = 0; i < size; ++i) {
        if (pixels[i] != static_cast<unsigned char>(last)) return 5;
      }
      vsl_frame_munmap(frame);
      if (vsl_frame_unlock(frame) != 0) return 6;
    }
    vsl_frame_release(frame);
  }
  vsl_client_release(client);
  return 0;
}

TEST(CProcesses, ShareFramesAndTheConsumerMayComeFirst) {
  const std::string path = fresh_path();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(consume(path));

  const HostPtr host(vsl_host_init(path.c_str()));
  ASSERT_NE(host, nullptr) << vsl_last_error();
  size_t sockets = 1;
  while (sockets < 2) {  // nothing is posted before it is there: it is to see the last one
    vsl_host_poll(host.get(), 1000);
    ASSERT_EQ(vsl_host_process(host.get()), 0);
    ASSERT_EQ(vsl_host_sockets(host.get(), 0, nullptr, &sockets), 0);
  }
  for (int number = 1; number <= kFrames; ++number) {
    FramePtr frame = picture(number);
    const bool is_last = number == kFrames;
    const std::int64_t expires = is_last ? 0 : vsl_timestamp() + 20 * kMs;
    ASSERT_EQ(vsl_host_post(host.get(), frame.get(), expires, 0, 0, 0), 0) << vsl_last_error();
    frame.release();
    vsl_host_poll(host.get(), 2);
    ASSERT_EQ(vsl_host_process(host.get()), 0);
  }
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    vsl_host_poll(host.get(), 10);
    ASSERT_EQ(vsl_host_process(host.get()), 0);
  }
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace capi_test
