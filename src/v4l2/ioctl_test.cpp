// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/ioctl.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/videodev2.h>

#include "base/unique_fd.hpp"

namespace vsl::v4l2 {
namespace {

TEST(IoctlTest, SaysWhichRequestFailedOnWhichDeviceAndWhatForAndWhy) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  v4l2_capability capability{};
  const auto asked = require(null.get(), VIDIOC_QUERYCAP, &capability, "/dev/null", "NV12 8x4");
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, std::errc::inappropriate_io_control_operation);
  EXPECT_EQ(asked.error().where, "VIDIOC_QUERYCAP on /dev/null, NV12 8x4");
}

TEST(IoctlTest, NamesRequestsItDoesNotKnowByNumber) {
  EXPECT_EQ(request_name(VIDIOC_S_FMT), "VIDIOC_S_FMT");
  EXPECT_EQ(request_name(17), "ioctl 17");
}

}  // namespace
}  // namespace vsl::v4l2
