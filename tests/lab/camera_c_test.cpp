// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#define VSL_TARGET_VERSION 2007000

#include <linux/videodev2.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/testing.hpp"
#include "cameras.hpp"
#include "colour_bars.hpp"
#include "videostream.h"

/// The camera functions of the C interface: release 2.5's contract, without its defects.
namespace vsl::lab {
namespace {

const KnownFormat kYuyv{"YUYV", Colors::yuv, {{0, 0, 1, 2}, {0, 1, 2, 4}, {0, 3, 2, 4}}};
const Fourcc kCode = fourcc("YUYV");

/// The next picture. vsl_camera_get_data() waits two seconds; a busy host may stop the lab for
/// longer.
vsl_camera_buffer* next_of(vsl_camera* camera) {
  vsl_camera_buffer* buffer = nullptr;
  for (int i = 0; i < 60 && buffer == nullptr; ++i) {
    buffer = vsl_camera_get_data(camera);
    if (buffer == nullptr && errno != ETIMEDOUT) break;
  }
  return buffer;
}

class CameraCTest : public CameraTest {
 protected:
  void TearDown() override { vsl_camera_close_device(camera_); }

  /// Opens a vivid in the state the tests know and sets it up. Test with HasFatalFailure().
  void set_up(Vivid which) {
    ASSERT_OK(open_vivid(which));  // resets it
    camera_ = vsl_camera_open_device(find_vivid(which).c_str());
    ASSERT_NE(camera_, nullptr) << vsl_last_error();
    width_ = 640, height_ = 360, count_ = 4, fourcc_ = kCode.code;
    ASSERT_EQ(vsl_camera_init_device(camera_, &width_, &height_, &count_, &fourcc_), 0)
        << vsl_last_error();
  }
  void reopen(Vivid which) {
    vsl_camera_close_device(std::exchange(camera_, nullptr));
    set_up(which);
  }

  vsl_camera* camera_ = nullptr;
  int width_ = 0, height_ = 0, count_ = 0;
  std::uint32_t fourcc_ = 0;
};

TEST_F(CameraCTest, CapturesPicturesIntoBuffersThatAllHaveADmaBuf) {
  for (const Vivid which : kBothKinds) {
    reopen(which);
    if (HasFatalFailure()) return;
    EXPECT_EQ(width_, 640);
    EXPECT_EQ(height_, 360);
    EXPECT_GE(count_, 4);
    EXPECT_EQ(fourcc_, kCode.code);
    EXPECT_EQ(vsl_camera_is_dmabuf_supported(camera_), 1);
    EXPECT_EQ(vsl_camera_get_queued_buf_count(camera_), 0);
    ASSERT_EQ(vsl_camera_start_capturing(camera_), 0) << vsl_last_error();
    EXPECT_EQ(vsl_camera_get_queued_buf_count(camera_), count_);
    std::int64_t last_ns = 0;
    for (int i = 0; i < 2 * count_; ++i) {
      vsl_camera_buffer* buffer = next_of(camera_);
      ASSERT_NE(buffer, nullptr) << vsl_last_error();
      EXPECT_EQ(vsl_camera_get_queued_buf_count(camera_), count_ - 1);
      EXPECT_GE(vsl_camera_buffer_dma_fd(buffer), 0);
      EXPECT_EQ(vsl_camera_buffer_phys_addr(buffer), 0U) << "mainline does not tell";
      EXPECT_EQ(vsl_camera_buffer_fourcc(buffer), kCode.code);
      EXPECT_EQ(vsl_camera_buffer_bytes_per_line(buffer), 1280U);
      ASSERT_GE(vsl_camera_buffer_length(buffer), 1280U * 360);
      EXPECT_EQ(vsl_camera_buffer_flags(buffer) & V4L2_BUF_FLAG_TIMESTAMP_MASK,
                std::uint32_t{V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC});
      std::int64_t seconds = 0, nanoseconds = 0;
      vsl_camera_buffer_timestamp(buffer, &seconds, &nanoseconds);
      const std::int64_t ns = seconds * 1'000'000'000 + nanoseconds;
      EXPECT_GT(ns, last_ns);
      last_ns = ns;
      auto* data = static_cast<std::byte*>(vsl_camera_buffer_mmap(buffer));
      ASSERT_NE(data, nullptr);
      const auto layout = Layout::packed(kCode, 640, 360);
      const auto picture = [&](std::size_t) {
        return std::span<const std::byte>(data, 1280 * 360);
      };
      EXPECT_EQ(check_bars(*layout, kYuyv, picture), "");
      data[0] = data[0];  // programs of release 2.5 draw into it
      EXPECT_EQ(vsl_camera_release_buffer(camera_, buffer), 0);
    }
    EXPECT_EQ(vsl_camera_stop_capturing(camera_), 0);
  }
}

TEST_F(CameraCTest, SharesItsPicturesWritableByDescriptor) {
  set_up(Vivid::single_planar);
  if (HasFatalFailure()) return;
  ASSERT_EQ(vsl_camera_start_capturing(camera_), 0);
  vsl_camera_buffer* buffer = next_of(camera_);
  ASSERT_NE(buffer, nullptr) << vsl_last_error();
  constexpr std::size_t kBytes = 1280 * 360;
  void* shared = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                        vsl_camera_buffer_dma_fd(buffer), 0);
  ASSERT_NE(shared, MAP_FAILED);
  EXPECT_EQ(std::memcmp(shared, vsl_camera_buffer_mmap(buffer), kBytes), 0);
  ::munmap(shared, kBytes);
}

TEST_F(CameraCTest, CountsItsBuffersRightAcrossStopsAndStarts) {
  set_up(Vivid::single_planar);
  if (HasFatalFailure()) return;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(vsl_camera_start_capturing(camera_), 0);
    vsl_camera_buffer* buffer = next_of(camera_);
    ASSERT_NE(buffer, nullptr);
    if (i == 0) {  // and one that stays with us across the stop
      ASSERT_EQ(vsl_camera_release_buffer(camera_, buffer), 0);
      EXPECT_EQ(vsl_camera_release_buffer(camera_, buffer), -1) << "the driver has it already";
      EXPECT_EQ(errno, EINVAL);
    }
    ASSERT_EQ(vsl_camera_stop_capturing(camera_), 0);
    EXPECT_EQ(vsl_camera_get_queued_buf_count(camera_), 0);
    EXPECT_EQ(vsl_camera_release_buffer(camera_, buffer), i == 0 ? -1 : 0);
  }
  vsl_camera_uninit_device(camera_);
  vsl_camera_uninit_device(camera_);
  EXPECT_EQ(vsl_camera_is_dmabuf_supported(camera_), 0);
  EXPECT_EQ(vsl_camera_start_capturing(camera_), -1);
  EXPECT_EQ(vsl_camera_init_device(camera_, &width_, &height_, &count_, &fourcc_), 0);
  EXPECT_EQ(vsl_camera_start_capturing(camera_), 0);
}

TEST_F(CameraCTest, TakesWhatTheDriverOffersAndSaysWhatThatIs) {
  set_up(Vivid::single_planar);
  if (HasFatalFailure()) return;
  int width = 1000, height = 700, count = 0;
  std::uint32_t code = fourcc("H264").code;
  ASSERT_EQ(vsl_camera_init_device(camera_, &width, &height, &count, &code), 0) << vsl_last_error();
  EXPECT_EQ(width, 1280);
  EXPECT_EQ(height, 720);
  EXPECT_GE(count, 2) << "0 is the library's choice";
  EXPECT_NE(code, fourcc("H264").code);
  width = height = 0;
  count = 1000;
  ASSERT_EQ(vsl_camera_init_device(camera_, &width, &height, &count, &code), 0) << vsl_last_error();
  EXPECT_EQ(width, 1280) << "0 leaves it as it is";
  EXPECT_LE(count, VIDEO_MAX_FRAME);
  EXPECT_EQ(vsl_camera_color_space(camera_), static_cast<std::uint32_t>(V4L2_COLORSPACE_SRGB));
  EXPECT_EQ(vsl_camera_color_transfer(camera_), 0U);
  EXPECT_EQ(vsl_camera_color_encoding(camera_), 0U);
  EXPECT_EQ(vsl_camera_color_range(camera_), 0U);
}

TEST_F(CameraCTest, ListsFormatsBeforeItIsSetUp) {
  for (const Vivid which : kBothKinds) {
    vsl_camera* camera = vsl_camera_open_device(find_vivid(which).c_str());
    ASSERT_NE(camera, nullptr) << vsl_last_error();
    std::uint32_t codes[128] = {};
    const int count = vsl_camera_enum_fmts(camera, codes, 128);
    EXPECT_GT(count, 50);
    EXPECT_EQ(codes[0], kCode.code);
    EXPECT_EQ(vsl_camera_enum_fmts(camera, codes, 3), 3);
    const bool multi = which == Vivid::multi_planar;
    EXPECT_EQ(vsl_camera_enum_mplane_fmts(camera, codes, 128), multi ? count : 0);
    vsl_camera_close_device(camera);
  }
}

TEST_F(CameraCTest, WaitsTwoSecondsForAPictureAndSaysThatNoneCame) {
  set_up(Vivid::single_planar);
  if (HasFatalFailure()) return;
  ASSERT_EQ(vsl_camera_start_capturing(camera_), 0);
  for (int i = 0; i < count_; ++i) ASSERT_NE(next_of(camera_), nullptr);
  errno = 0;
  EXPECT_EQ(vsl_camera_get_data(camera_), nullptr);
  EXPECT_EQ(errno, ETIMEDOUT);
}

TEST_F(CameraCTest, MirrorsThePicture) {
  set_up(Vivid::single_planar);
  if (HasFatalFailure()) return;
  ASSERT_EQ(vsl_camera_mirror(camera_, true), 0) << vsl_last_error();
  ASSERT_EQ(vsl_camera_mirror_v(camera_, true), 0) << vsl_last_error();
  ASSERT_EQ(vsl_camera_start_capturing(camera_), 0);
  vsl_camera_buffer* buffer = next_of(camera_);
  ASSERT_NE(buffer, nullptr);
  const auto layout = Layout::packed(kCode, 640, 360);
  const auto* data = static_cast<const std::byte*>(vsl_camera_buffer_mmap(buffer));
  const auto picture = [&](std::size_t) { return std::span(data, 1280 * 360); };
  EXPECT_EQ(check_bars(*layout, kYuyv, picture, true), "");
}

TEST_F(CameraCTest, FailsWithTheErrnoOfRelease25) {
  const std::string path = find_vivid(Vivid::single_planar);
  set_up(Vivid::single_planar);
  if (HasFatalFailure()) return;
  errno = 0;
  EXPECT_EQ(vsl_camera_open_device(path.c_str()), nullptr);
  EXPECT_EQ(errno, EWOULDBLOCK) << "it is locked";
  EXPECT_EQ(vsl_camera_open_device("/dev/video99"), nullptr);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(vsl_camera_open_device("/dev/null"), nullptr);
  EXPECT_EQ(errno, ENOTSUP);
  EXPECT_EQ(vsl_camera_init_device(camera_, &width_, nullptr, &count_, &fourcc_), -1);
  EXPECT_EQ(errno, EINVAL);
  int negative = -1;
  EXPECT_EQ(vsl_camera_init_device(camera_, &negative, &height_, &count_, &fourcc_), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(CameraCTest, LeaksNoDescriptors) {
  const auto cycle = [&] {
    reopen(Vivid::single_planar);
    ASSERT_EQ(vsl_camera_start_capturing(camera_), 0);
    ASSERT_NE(next_of(camera_), nullptr);
    vsl_camera_close_device(std::exchange(camera_, nullptr));
  };
  cycle();
  const auto fds = testing::open_fd_count();
  for (int i = 0; i < 3; ++i) cycle();
  EXPECT_EQ(testing::open_fd_count(), fds);
}

}  // namespace
}  // namespace vsl::lab
