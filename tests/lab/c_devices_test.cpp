// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#define VSL_TARGET_VERSION 2007000
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "cameras.hpp"
#include "videostream.h"

/// The C functions of discovery, and their memory, with devices.
namespace vsl::lab {
namespace {

constexpr std::uint32_t kFwht = VSL_FOURCC('F', 'W', 'H', 'T');
constexpr std::uint32_t kYuyv = VSL_FOURCC('Y', 'U', 'Y', 'V');

class CDevicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (find_vivid(false).empty()) GTEST_SKIP() << "no vivid camera here: run it in the lab";
    list = vsl_v4l2_enumerate();
    ASSERT_NE(list, nullptr) << vsl_last_error();
  }
  void TearDown() override { vsl_v4l2_device_list_free(list); }

  VSLDevice* find(const std::string& path) const {
    for (std::size_t i = 0; i < list->count; ++i) {
      if (path == list->devices[i].path) return &list->devices[i];
    }
    ADD_FAILURE() << path << " is not listed";
    std::abort();
  }

  VSLDeviceList* list = nullptr;
};

TEST_F(CDevicesTest, AreThoseOfTheCxxInterface) {
  const auto devices = list_devices();
  ASSERT_TRUE(devices);
  ASSERT_EQ(list->count, devices->size());
  for (std::size_t i = 0; i < list->count; ++i) {
    const VSLDevice& ours = list->devices[i];
    const Device& theirs = (*devices)[i];
    EXPECT_EQ(ours.path, theirs.path);
    EXPECT_EQ(ours.card, theirs.card);
    EXPECT_EQ(ours.device_type, static_cast<VSLDeviceType>(theirs.type));
    EXPECT_EQ(ours.num_capture_formats,
              std::min<std::size_t>(theirs.capture_formats.size(), VSL_V4L2_MAX_FORMATS));
    EXPECT_EQ(ours.num_output_formats,
              std::min<std::size_t>(theirs.output_formats.size(), VSL_V4L2_MAX_FORMATS));
  }
}

TEST_F(CDevicesTest, KnowTheSizesOfTheirFormatsAndHowOftenTheyCome) {
  const VSLDevice& camera = *find(find_vivid(false));
  ASSERT_TRUE(vsl_v4l2_device_supports_format(&camera, kYuyv, true));
  EXPECT_FALSE(vsl_v4l2_device_supports_format(&camera, kYuyv, false));
  const VSLFormat& format = camera.capture_formats[0];
  ASSERT_EQ(format.fourcc, kYuyv);
  std::size_t count = 0;
  VSLResolution* const sizes = vsl_v4l2_enum_resolutions(&camera, kYuyv, &count);
  ASSERT_GT(count, 3u);
  ASSERT_EQ(count, format.num_resolutions);
  EXPECT_EQ(std::memcmp(sizes, format.resolutions, count * sizeof *sizes), 0);
  EXPECT_EQ(sizes[0].width, 320u);
  EXPECT_EQ(sizes[0].height, 180u);
  EXPECT_EQ(sizes[0].num_frame_rates, 12u);
  EXPECT_EQ(sizes[0].frame_rates[0].denominator, 1u);
  std::free(sizes);
  EXPECT_EQ(vsl_v4l2_enum_resolutions(&camera, kFwht, &count), nullptr);
  EXPECT_EQ(count, 0u);
}

TEST_F(CDevicesTest, GiveTheirFormatsAgain) {
  VSLDevice& camera = *find(find_vivid(true));
  const std::size_t count = camera.num_capture_formats;
  camera.capture_formats[0].fourcc = 0;
  EXPECT_EQ(vsl_v4l2_device_enum_formats(&camera), 0) << vsl_last_error();
  EXPECT_EQ(camera.num_capture_formats, count);
  EXPECT_EQ(camera.capture_formats[0].fourcc, kYuyv);
}

TEST_F(CDevicesTest, AreFoundByWhatTheyCode) {
  const char* const encoder = vsl_v4l2_find_encoder(kFwht);
  ASSERT_NE(encoder, nullptr) << vsl_last_error();
  EXPECT_EQ(find(encoder)->device_type, VSL_V4L2_TYPE_ENCODER);
  const std::string first = encoder;
  std::string of_thread;
  std::thread([&] { of_thread = vsl_v4l2_find_decoder(kFwht); }).join();
  EXPECT_EQ(find(of_thread)->device_type, VSL_V4L2_TYPE_DECODER);
  EXPECT_EQ(encoder, first) << "what a thread found is its own";
  EXPECT_EQ(vsl_v4l2_find_encoder(kYuyv), nullptr);
  EXPECT_EQ(errno, ENODEV);
}

TEST_F(CDevicesTest, AreFoundBySize) {
  const char* const camera = vsl_v4l2_find_camera_with_resolution(kYuyv, 320, 180);
  ASSERT_NE(camera, nullptr) << vsl_last_error();
  EXPECT_EQ(camera, find_vivid(false));
  EXPECT_STREQ(vsl_v4l2_find_camera(kYuyv), find_vivid(false).c_str());
  EXPECT_EQ(vsl_v4l2_find_camera_with_resolution(kYuyv, 322, 180), nullptr);
  EXPECT_EQ(errno, ENODEV);
}

// Writes to memory and says whether it is all there, through a second mapping of a frame.
void expect_works(void* memory, std::size_t size, int fd) {
  ASSERT_NE(memory, nullptr) << vsl_last_error();
  EXPECT_GE(::lseek(fd, 0, SEEK_END), static_cast<off_t>(size)) << "a dma-buf tells its size";
  std::memset(memory, 0x5a, size);
  EXPECT_EQ(static_cast<unsigned char*>(memory)[size - 1], 0x5a);
}

TEST_F(CDevicesTest, GiveMemoryOfAnotherHeapWhenOneFails) {
  int fd = -1;
  constexpr std::size_t kSize = 100'000;
  void* memory = vsl_v4l2_alloc_userptr(kSize, &fd);
  expect_works(memory, kSize, fd);
  vsl_v4l2_free_userptr(memory, kSize, fd);

  const char* const kBrokenHeap = "/dev/dma_heap/linux,cma";
  ASSERT_EQ(::mknod(kBrokenHeap, S_IFCHR | 0600, makedev(1, 3)), 0) << "/dev/null by that name";
  memory = vsl_v4l2_alloc_userptr(kSize, &fd);
  ::unlink(kBrokenHeap);
  expect_works(memory, kSize, fd);
  vsl_v4l2_free_userptr(memory, kSize, fd);
}

// A heap that is asked for more than there is does not refuse: the kernel kills processes.
TEST_F(CDevicesTest, AskNoHeapForMoreMemoryThanThereIs) {
  int fd = 7;
  EXPECT_EQ(vsl_v4l2_alloc_userptr(std::size_t{1} << 45, &fd), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(fd, -1);
}

}  // namespace
}  // namespace vsl::lab
