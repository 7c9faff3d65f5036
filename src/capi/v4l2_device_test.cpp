// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "capi/v4l2_device.hpp"

#include <gtest/gtest.h>

namespace vsl::capi {
namespace {

FrameSize one_size(std::uint32_t width_px, std::uint32_t height_px) {
  return {.min_width_px = width_px,
          .max_width_px = width_px,
          .min_height_px = height_px,
          .max_height_px = height_px};
}

Device a_device() {
  Device device;
  device.path = "/dev/video3";
  device.driver = "driver";
  device.card = "card";
  device.bus_info = "platform:bus";
  device.capabilities = 0x04200001;
  device.type = DeviceType::encoder;
  device.multiplanar = true;
  device.capture_memory = kQueueMmap | kQueueDmabuf;
  device.output_memory = kQueueUserptr;
  DeviceFormat format;
  format.fourcc = fourcc("H264");
  format.description = "H.264";
  format.flags = 1;
  format.sizes = {one_size(640, 480)};
  format.sizes[0].intervals = {{1, 30}, {1, 15}};
  device.capture_formats = {format};
  return device;
}

// A list of one device, freed as a C program does it.
struct CDevice {
  explicit CDevice(const Device& from) {
    list->devices = static_cast<VSLDevice*>(std::calloc(1, sizeof(VSLDevice)));
    list->count = 1;
    fill(from, list->devices[0]);
  }
  CDevice(const CDevice&) = delete;
  CDevice& operator=(const CDevice&) = delete;
  ~CDevice() { vsl_v4l2_device_list_free(list); }
  VSLDevice* operator->() const { return list->devices; }
  VSLDeviceList* list = static_cast<VSLDeviceList*>(std::calloc(1, sizeof(VSLDeviceList)));
};

TEST(CDeviceTest, HasAllOfTheDevice) {
  const CDevice device(a_device());
  EXPECT_STREQ(device->path, "/dev/video3");
  EXPECT_STREQ(device->driver, "driver");
  EXPECT_STREQ(device->card, "card");
  EXPECT_STREQ(device->bus_info, "platform:bus");
  EXPECT_EQ(device->caps, 0x04200001u);
  EXPECT_EQ(device->device_type, VSL_V4L2_TYPE_ENCODER);
  EXPECT_TRUE(device->multiplanar);
  EXPECT_EQ(static_cast<int>(device->capture_mem), VSL_V4L2_MEM_MMAP | VSL_V4L2_MEM_DMABUF);
  EXPECT_EQ(device->output_mem, VSL_V4L2_MEM_USERPTR);
  EXPECT_EQ(device->num_output_formats, 0u);
  EXPECT_EQ(device->output_formats, nullptr);
  ASSERT_EQ(device->num_capture_formats, 1u);
  const VSLFormat& format = device->capture_formats[0];
  EXPECT_EQ(format.fourcc, fourcc("H264").code);
  EXPECT_STREQ(format.description, "H.264");
  EXPECT_EQ(format.flags, 1u);
  EXPECT_TRUE(format.compressed) << "by the list of the C interface, without the driver's flag";
  ASSERT_EQ(format.num_resolutions, 1u);
  EXPECT_EQ(format.resolutions[0].width, 640u);
  ASSERT_EQ(format.resolutions[0].num_frame_rates, 2u);
  EXPECT_EQ(format.resolutions[0].frame_rates[1].denominator, 15u);
}

TEST(CDeviceTest, CutsTextThatDoesNotFit) {
  Device from = a_device();
  from.path = "/dev/" + std::string(100, 'p');
  from.card = std::string(100, 'c');
  from.capture_formats[0].description = std::string(100, 'd');
  const CDevice device(from);
  EXPECT_EQ(device->card, std::string(31, 'c'));
  EXPECT_EQ(std::string(device->path).size(), 63u);
  EXPECT_EQ(device->capture_formats[0].description, std::string(31, 'd'));
}

TEST(CDeviceTest, ListsNoMoreThanTheHeaderSays) {
  Device from = a_device();
  from.capture_formats.assign(100, from.capture_formats[0]);
  from.capture_formats[0].sizes.assign(100, one_size(8, 8));
  from.capture_formats[0].sizes[0].intervals.assign(100, {1, 30});
  const CDevice device(from);
  EXPECT_EQ(device->num_capture_formats, std::size_t{VSL_V4L2_MAX_FORMATS});
  const VSLFormat& format = device->capture_formats[0];
  EXPECT_EQ(format.num_resolutions, std::size_t{VSL_V4L2_MAX_RESOLUTIONS});
  EXPECT_EQ(format.resolutions[0].num_frame_rates, std::size_t{VSL_V4L2_MAX_FRAMERATES});
}

TEST(CDeviceTest, GivesARangeAsItsSmallestAndItsLargest) {
  FrameSize range{.min_width_px = 16,
                  .max_width_px = 1920,
                  .step_width_px = 8,
                  .min_height_px = 16,
                  .max_height_px = 1080,
                  .step_height_px = 8};
  range.intervals = {{1, 60}, {1, 1}};
  range.intervals_are_range = true;
  const auto sizes = to_c({range});
  ASSERT_EQ(sizes.count, 2u);
  EXPECT_EQ(sizes.memory[0].width, 16u);
  EXPECT_EQ(sizes.memory[0].num_frame_rates, 0u);
  EXPECT_EQ(sizes.memory[1].width, 1920u);
  EXPECT_EQ(sizes.memory[1].height, 1080u);
  EXPECT_EQ(sizes.memory[1].num_frame_rates, 2u);
  EXPECT_EQ(to_c({}).memory, nullptr);
}

TEST(CDeviceTest, ReplacesBothListsOfFormats) {
  Device from = a_device();
  const CDevice device(from);
  from.output_formats = {from.capture_formats[0], from.capture_formats[0]};
  from.capture_formats.clear();
  replace_formats(from, *device.operator->());
  EXPECT_EQ(device->num_output_formats, 2u);
  EXPECT_EQ(device->num_capture_formats, 0u);
  EXPECT_EQ(device->capture_formats, nullptr);
}

TEST(CDeviceTest, ReadsAPathWithoutAnEndNoFurtherThanItsField) {
  VSLDevice device{};
  std::fill_n(device.path, sizeof device.path, 'x');
  std::fill_n(device.driver, sizeof device.driver, 'y');
  EXPECT_EQ(path_of(&device), std::string(sizeof device.path, 'x'));
  EXPECT_EQ(path_of(nullptr), "");
}

}  // namespace
}  // namespace vsl::capi
