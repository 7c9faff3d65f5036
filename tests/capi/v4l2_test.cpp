// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gmock/gmock.h>

#include <cstring>

#include "tests/capi/bus.hpp"

// The functions of discovery on any machine, also without a device. With devices: tests/lab.

namespace capi_test {
namespace {

TEST(CDevices, AreAListOnAnyMachine) {
  VSLDeviceList* const list = vsl_v4l2_enumerate();
  ASSERT_NE(list, nullptr) << vsl_last_error();
  vsl_v4l2_device_list_free(list);
  VSLDeviceList* const none = vsl_v4l2_enumerate_type(static_cast<VSLDeviceType>(0));
  ASSERT_NE(none, nullptr);
  EXPECT_EQ(none->count, 0u);
  vsl_v4l2_device_list_free(none);
  vsl_v4l2_device_list_free(nullptr);
}

TEST(CDevices, AreNotFoundForAFormatThatNobodyHas) {
  const auto looked_for = [](const char* found, const char* words) {
    EXPECT_EQ(found, nullptr);
    EXPECT_EQ(errno, ENODEV);
    EXPECT_THAT(vsl_last_error(), testing::HasSubstr(words));
  };
  const uint32_t nobody = VSL_FOURCC('z', 'Z', '9', '!');
  looked_for(vsl_v4l2_find_encoder(nobody), "Encoder for zZ9!");
  looked_for(vsl_v4l2_find_decoder(nobody), "Decoder for zZ9!");
  looked_for(vsl_v4l2_find_camera(nobody), "camera with format zZ9!");
  looked_for(vsl_v4l2_find_camera_with_resolution(0, 54321, 12345), "54321x12345");
}

TEST(CDevices, AreRefusedWithoutAPath) {
  VSLDevice device{};
  EXPECT_EQ(vsl_v4l2_device_enum_formats(nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(vsl_v4l2_device_enum_formats(&device), -1);
  EXPECT_EQ(errno, EINVAL);
  size_t count = 7;
  EXPECT_EQ(vsl_v4l2_enum_resolutions(nullptr, kNv12, &count), nullptr);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(vsl_v4l2_enum_resolutions(&device, kNv12, nullptr), nullptr);
  EXPECT_EQ(errno, EINVAL);
}

TEST(CDevices, KeepTheirFormatsWhenTheyCannotBeAskedAgain) {
  auto* const list = static_cast<VSLDeviceList*>(std::calloc(1, sizeof(VSLDeviceList)));
  list->devices = static_cast<VSLDevice*>(std::calloc(1, sizeof(VSLDevice)));
  list->count = 1;
  VSLDevice& device = list->devices[0];
  device.capture_formats = static_cast<VSLFormat*>(std::calloc(1, sizeof(VSLFormat)));
  device.num_capture_formats = 1;
  device.capture_formats[0].fourcc = kNv12;
  const auto fails_with = [&](const char* path, int errnum) {
    std::strncpy(device.path, path, sizeof device.path - 1);
    EXPECT_EQ(vsl_v4l2_device_enum_formats(&device), -1);
    EXPECT_EQ(errno, errnum) << path;
    EXPECT_TRUE(vsl_v4l2_device_supports_format(&device, kNv12, true));
  };
  fails_with("/dev/no-such-video", ENOENT);
  fails_with("/dev/null", ENOTSUP);
  vsl_v4l2_device_list_free(list);
}

TEST(CDevices, GiveMemoryThatCanBeWrittenOrSayWhyNot) {
  int fd = 7;
  EXPECT_EQ(vsl_v4l2_alloc_userptr(0, &fd), nullptr);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(fd, -1);
  EXPECT_EQ(vsl_v4l2_alloc_userptr(4096, nullptr), nullptr);
  EXPECT_EQ(errno, EINVAL);

  constexpr size_t kSize = 100'000;  // no whole number of pages
  void* const memory = vsl_v4l2_alloc_userptr(kSize, &fd);
  if (memory == nullptr) {
    EXPECT_EQ(fd, -1);
    EXPECT_THAT(vsl_last_error(), testing::HasSubstr("/dev/dma_heap/"));
  } else {
    std::memset(memory, 0x5a, kSize);
    EXPECT_GE(fd, 0);
  }
  vsl_v4l2_free_userptr(memory, kSize, fd);
  vsl_v4l2_free_userptr(nullptr, 0, -1);
}

TEST(CDevices, HaveNamesForTheirTypesAndFormats) {
  EXPECT_STREQ(vsl_v4l2_device_type_name(VSL_V4L2_TYPE_ISP), "ISP");
  EXPECT_STREQ(vsl_v4l2_device_type_name(VSL_V4L2_TYPE_ANY), "Unknown");
  EXPECT_TRUE(vsl_v4l2_is_compressed_format(kH264));
  EXPECT_FALSE(vsl_v4l2_is_compressed_format(kNv12));
  char text[5];
  EXPECT_STREQ(vsl_v4l2_fourcc_to_string(kNv12, text), "NV12");
  EXPECT_FALSE(vsl_v4l2_device_supports_format(nullptr, kNv12, true));
}

}  // namespace
}  // namespace capi_test
