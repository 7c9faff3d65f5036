// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#define VSL_TARGET_VERSION 2007000
#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "videostream.h"

namespace capi_test {

inline constexpr std::int64_t kMs = 1'000'000;
inline constexpr std::uint32_t kNv12 = VSL_FOURCC('N', 'V', '1', '2');
inline constexpr std::uint32_t kH264 = VSL_FOURCC('H', '2', '6', '4');

struct HostCloser {
  void operator()(VSLHost* host) const { vsl_host_release(host); }
};
struct ClientCloser {
  void operator()(VSLClient* client) const { vsl_client_release(client); }
};
struct FrameCloser {
  void operator()(VSLFrame* frame) const { vsl_frame_release(frame); }
};
using HostPtr = std::unique_ptr<VSLHost, HostCloser>;
using ClientPtr = std::unique_ptr<VSLClient, ClientCloser>;
using FramePtr = std::unique_ptr<VSLFrame, FrameCloser>;

/// A socket path nobody else uses.
inline std::string fresh_path() {
  static int counter = 0;
  return "/tmp/vsl-capi-" + std::to_string(::getpid()) + "-" + std::to_string(++counter);
}

inline int open_fds() {
  int count = 0;
  DIR* const folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

inline bool is_open(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0;
}

/// A 64x4 picture with memory, each byte of it `value`.
inline FramePtr picture(int value, vsl_frame_cleanup cleanup = nullptr, void* userptr = nullptr) {
  FramePtr frame(vsl_frame_init(64, 4, 0, kNv12, userptr, cleanup));
  EXPECT_NE(frame, nullptr);
  EXPECT_EQ(vsl_frame_alloc(frame.get(), nullptr), 0) << vsl_last_error();
  size_t size = 0;
  void* const pixels = vsl_frame_mmap(frame.get(), &size);
  EXPECT_NE(pixels, nullptr) << vsl_last_error();
  if (pixels != nullptr) memset(pixels, value, size);
  vsl_frame_munmap(frame.get());
  return frame;
}

inline int first_byte(VSLFrame* frame) {
  const auto* pixels = static_cast<const unsigned char*>(vsl_frame_mmap(frame, nullptr));
  return pixels != nullptr ? pixels[0] : -1;
}

/// A host and its clients in one thread, as C programs of release 2.5 may have them.
class Bus : public testing::Test {
 protected:
  void SetUp() override {
    host_.reset(vsl_host_init(path_.c_str()));
    ASSERT_NE(host_, nullptr) << vsl_last_error();
  }

  /// A client that the host has met, and that has the host's memory.
  ClientPtr connect() {
    ClientPtr client(vsl_client_init(path_.c_str(), nullptr, false));
    EXPECT_NE(client, nullptr) << vsl_last_error();
    VSLClientStats stats{};
    stats.size = sizeof stats;
    vsl_client_set_timeout(client.get(), 0);
    do {
      EXPECT_EQ(vsl_host_process(host_.get()), 0);
      vsl_frame_release(vsl_frame_wait(client.get(), 0));
      EXPECT_EQ(vsl_client_stats(client.get(), &stats), 0);
    } while (stats.wire_version != 2);
    for (int i = 0; i < 3; ++i) vsl_host_process(host_.get());
    vsl_client_set_timeout(client.get(), 5);
    return client;
  }

  /// Posts a picture of `value`; the host owns it from then on.
  VSLFrame* post(int value, std::int64_t expires = 0, vsl_frame_cleanup cleanup = nullptr,
                 void* userptr = nullptr) {
    FramePtr frame = picture(value, cleanup, userptr);
    EXPECT_EQ(vsl_host_post(host_.get(), frame.get(), expires, 1, 2, 3), 0) << vsl_last_error();
    return frame.release();
  }

  FramePtr wait(const ClientPtr& client) {
    FramePtr frame(vsl_frame_wait(client.get(), 0));
    EXPECT_NE(frame, nullptr) << vsl_last_error();
    return frame;
  }

  std::string path_ = fresh_path();
  HostPtr host_;
};

}  // namespace capi_test
