// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#define VSL_TARGET_VERSION 2007000

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>

#include "videostream.h"

namespace {

TEST(CameraCapiTest, AnswersNullWithEinvalInsteadOfCrashing) {
  int number = 0;
  std::uint32_t code = 0;
  const auto is_einval = [](auto result, auto failure) {
    return result == failure && std::exchange(errno, 0) == EINVAL;
  };
  vsl_camera* const none = nullptr;
  EXPECT_TRUE(is_einval(vsl_camera_open_device(nullptr), none));
  EXPECT_TRUE(is_einval(vsl_camera_init_device(none, &number, &number, &number, &code), -1));
  EXPECT_TRUE(is_einval(vsl_camera_mirror(none, true), -1));
  EXPECT_TRUE(is_einval(vsl_camera_mirror_v(none, true), -1));
  EXPECT_TRUE(is_einval(vsl_camera_start_capturing(none), -1));
  EXPECT_TRUE(is_einval(vsl_camera_stop_capturing(none), -1));
  EXPECT_TRUE(is_einval(vsl_camera_get_data(none), static_cast<vsl_camera_buffer*>(nullptr)));
  EXPECT_TRUE(is_einval(vsl_camera_release_buffer(none, nullptr), -1));
  EXPECT_TRUE(is_einval(vsl_camera_enum_fmts(none, &code, 1), -1));
  EXPECT_TRUE(is_einval(vsl_camera_enum_mplane_fmts(none, &code, 1), -1));
  vsl_camera_uninit_device(none);
  vsl_camera_close_device(none);
}

TEST(CameraCapiTest, SaysNothingOfACameraOrBufferThatIsNull) {
  EXPECT_EQ(vsl_camera_is_dmabuf_supported(nullptr), 0);
  EXPECT_EQ(vsl_camera_get_queued_buf_count(nullptr), 0);
  EXPECT_EQ(vsl_camera_color_space(nullptr), 0U);
  EXPECT_EQ(vsl_camera_color_transfer(nullptr), 0U);
  EXPECT_EQ(vsl_camera_color_encoding(nullptr), 0U);
  EXPECT_EQ(vsl_camera_color_range(nullptr), 0U);
  EXPECT_EQ(vsl_camera_buffer_mmap(nullptr), nullptr);
  EXPECT_EQ(vsl_camera_buffer_dma_fd(nullptr), -1);
  EXPECT_EQ(vsl_camera_buffer_phys_addr(nullptr), 0U);
  EXPECT_EQ(vsl_camera_buffer_length(nullptr), 0U);
  EXPECT_EQ(vsl_camera_buffer_fourcc(nullptr), 0U);
  EXPECT_EQ(vsl_camera_buffer_bytes_per_line(nullptr), 0U);
  EXPECT_EQ(vsl_camera_buffer_sequence(nullptr), 0U);
  EXPECT_EQ(vsl_camera_buffer_flags(nullptr), 0U);
  std::int64_t seconds = 1, nanoseconds = 1;
  vsl_camera_buffer_timestamp(nullptr, &seconds, &nanoseconds);
  EXPECT_EQ(seconds + nanoseconds, 0);
  vsl_camera_buffer_timestamp(nullptr, nullptr, nullptr);
}

TEST(CameraCapiTest, DoesNotTakeFilesAndOtherDevicesForCameras) {
  EXPECT_EQ(vsl_camera_open_device("/dev/null"), nullptr);
  EXPECT_EQ(errno, ENOTSUP);
  EXPECT_EQ(vsl_camera_open_device("/"), nullptr);
  EXPECT_EQ(errno, ENOTSUP);
  EXPECT_EQ(vsl_camera_open_device("/dev/no such camera"), nullptr);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_NE(std::string(vsl_last_error()).find("/dev/no such camera"), std::string::npos);
}

}  // namespace
