// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "v4l2/fake_driver.hpp"

namespace vsl::v4l2 {
namespace {

using test::FakeDriver;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kCaptureQueue = V4L2_BUF_TYPE_VIDEO_CAPTURE;
constexpr std::uint32_t kOutputQueue = V4L2_BUF_TYPE_VIDEO_OUTPUT;
constexpr FakeDriver::Format kRaw{V4L2_PIX_FMT_YUYV, 0, "YUYV 4:2:2"};
constexpr std::uint32_t kCodedFlag = V4L2_FMT_FLAG_COMPRESSED;

Device probe_it(FakeDriver& driver) {
  Result<Device> device = probe_device(driver.ask(), "/dev/video7");
  EXPECT_TRUE(device) << (device ? "" : device.error().message());
  return device ? *std::move(device) : Device{};
}

v4l2_frmsizeenum one_size(std::uint32_t width, std::uint32_t height) {
  v4l2_frmsizeenum answer{};
  answer.type = V4L2_FRMSIZE_TYPE_DISCRETE;
  answer.discrete = {width, height};
  return answer;
}

v4l2_frmsizeenum size_range(v4l2_frmsize_stepwise range) {
  v4l2_frmsizeenum answer{};
  answer.type = V4L2_FRMSIZE_TYPE_STEPWISE;
  answer.stepwise = range;
  return answer;
}

v4l2_frmivalenum one_interval(v4l2_fract interval) {
  v4l2_frmivalenum answer{};
  answer.type = V4L2_FRMIVAL_TYPE_DISCRETE;
  answer.discrete = interval;
  return answer;
}

FakeDriver camera_with(std::vector<v4l2_frmsizeenum> sizes,
                       std::vector<v4l2_frmivalenum> intervals = {}) {
  FakeDriver driver;
  driver.formats[kCaptureQueue] = {kRaw};
  driver.sizes[kRaw.code] = std::move(sizes);
  driver.intervals[kRaw.code] = std::move(intervals);
  return driver;
}

TEST(ProbeTest, SaysWhatTheDriverSays) {
  FakeDriver driver = camera_with({one_size(640, 480)}, {one_interval({1, 30})});
  const Device device = probe_it(driver);
  EXPECT_EQ(device.path, "/dev/video7");
  EXPECT_EQ(device.driver, "fake");
  EXPECT_EQ(device.card, "Fake Camera");
  EXPECT_EQ(device.bus_info, "platform:fake");
  EXPECT_EQ(device.type, DeviceType::camera);
  EXPECT_FALSE(device.multiplanar);
  ASSERT_EQ(device.capture_formats.size(), 1u);
  const DeviceFormat& format = device.capture_formats[0];
  EXPECT_EQ(format.fourcc, fourcc("YUYV"));
  EXPECT_EQ(format.description, "YUYV 4:2:2");
  ASSERT_EQ(format.sizes.size(), 1u);
  EXPECT_TRUE(format.sizes[0].contains(640, 480));
  EXPECT_THAT(format.sizes[0].intervals, ElementsAre(FrameInterval{1, 30}));
  EXPECT_THAT(device.output_formats, IsEmpty());
}

TEST(ProbeTest, ReadsNamesThatFillTheirFieldAndHaveNoEnd) {
  FakeDriver driver;
  driver.card = std::string(200, 'x');
  driver.bus_info = "usb\x1b[2J\n";
  const Device device = probe_it(driver);
  EXPECT_EQ(device.card, std::string(32, 'x'));
  EXPECT_EQ(device.bus_info, "usb?[2J?") << "a device must not speak to the terminal";
}

TEST(ProbeTest, TakesTheCapabilitiesOfTheNodeAndOnlyWithoutThemThoseOfTheHardware) {
  FakeDriver driver;
  driver.hardware_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_META_CAPTURE;
  driver.device_caps = V4L2_CAP_VIDEO_OUTPUT;
  EXPECT_EQ(probe_it(driver).type, DeviceType::output);
  driver.device_caps = V4L2_CAP_META_CAPTURE;
  EXPECT_FALSE(probe_device(driver.ask(), "/dev/video1")) << "the metadata of a webcam";
  driver.hardware_caps = V4L2_CAP_VIDEO_CAPTURE;
  driver.device_caps = 0;
  EXPECT_EQ(probe_it(driver).type, DeviceType::camera);
}

TEST(ProbeTest, LeavesOutNodesWithoutPictures) {
  for (const std::uint32_t caps :
       {V4L2_CAP_META_CAPTURE, V4L2_CAP_META_OUTPUT, V4L2_CAP_VBI_CAPTURE, V4L2_CAP_SDR_CAPTURE,
        V4L2_CAP_RADIO, V4L2_CAP_VIDEO_OVERLAY, V4L2_CAP_TOUCH | V4L2_CAP_VIDEO_CAPTURE}) {
    FakeDriver driver;
    driver.device_caps = caps | V4L2_CAP_STREAMING;
    const Result<Device> device = probe_device(driver.ask(), "/dev/video1");
    ASSERT_FALSE(device) << caps;
    EXPECT_EQ(device.error().code, std::errc::not_supported);
  }
  FakeDriver both;
  both.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_META_CAPTURE;
  EXPECT_TRUE(probe_device(both.ask(), "/dev/video0")) << "some sensors give both on one node";
}

TEST(ProbeTest, SaysThatSomethingElseIsNoDevice) {
  const Ask refuse = [](unsigned long, void*) {
    errno = ENOTTY;
    return -1;
  };
  const Result<Device> device = probe_device(refuse, "/dev/null");
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, std::errc::not_supported);
  EXPECT_THAT(device.error().where, testing::HasSubstr("/dev/null"));
}

struct Classification {
  std::vector<FakeDriver::Format> output, capture;
  DeviceType type;
};

TEST(ProbeTest, TellsCodecsFromConvertersByWhichSideIsCoded) {
  const FakeDriver::Format h264{V4L2_PIX_FMT_H264, kCodedFlag};
  const FakeDriver::Format fwht{V4L2_PIX_FMT_FWHT, kCodedFlag};
  const FakeDriver::Format mjpg{V4L2_PIX_FMT_MJPEG, 0};  // a driver that forgot the flag
  const FakeDriver::Format packed{v4l2_fourcc('Q', '0', '8', 'C'), kCodedFlag};
  const FakeDriver::Format mt21{V4L2_PIX_FMT_MT21C, kCodedFlag};
  const Classification cases[] = {
      {{kRaw}, {h264}, DeviceType::encoder},
      {{kRaw}, {fwht}, DeviceType::encoder},
      {{kRaw}, {h264, mjpg}, DeviceType::encoder},
      {{h264}, {kRaw}, DeviceType::decoder},
      {{h264}, {kRaw, packed}, DeviceType::decoder},
      {{h264}, {mt21}, DeviceType::decoder},
      {{kRaw}, {kRaw}, DeviceType::isp},
      {{kRaw}, {kRaw, mjpg}, DeviceType::isp},
      {{h264}, {h264}, DeviceType::m2m},
      {{}, {}, DeviceType::isp},
  };
  for (const Classification& expected : cases) {
    for (const std::uint32_t caps :
         {std::uint32_t{V4L2_CAP_VIDEO_M2M},
          std::uint32_t{V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_OUTPUT}}) {
      FakeDriver driver;
      driver.device_caps = caps;
      driver.formats[kOutputQueue] = expected.output;
      driver.formats[kCaptureQueue] = expected.capture;
      EXPECT_EQ(probe_it(driver).type, expected.type) << &expected - cases;
    }
  }
}

TEST(ProbeTest, AsksTheMultiplanarQueuesOfMultiplanarNodes) {
  FakeDriver driver;
  driver.device_caps = V4L2_CAP_VIDEO_M2M_MPLANE;
  driver.formats[V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE] = {kRaw};
  driver.formats[V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE] = {kRaw, kRaw};
  const Device device = probe_it(driver);
  EXPECT_TRUE(device.multiplanar);
  EXPECT_EQ(device.output_formats.size(), 1u);
  EXPECT_EQ(device.capture_formats.size(), 1u) << "what is said twice is listed once";
}

TEST(ProbeTest, ListsOnceWhatADriverRepeatsAndLeavesOutNonsense) {
  FakeDriver driver = camera_with(
      {one_size(0, 480), one_size(640, 480), one_size(640, 480), one_size(320, 0),
       one_size(320, 240)},
      {one_interval({0, 30}), one_interval({1, 0}), one_interval({1, 30}), one_interval({1, 30})});
  driver.formats[kCaptureQueue] = {kRaw, {0, 0, "no code"}, kRaw};
  const Device device = probe_it(driver);
  ASSERT_EQ(device.capture_formats.size(), 1u);
  const auto& sizes = device.capture_formats[0].sizes;
  ASSERT_EQ(sizes.size(), 2u);
  EXPECT_TRUE(sizes[1].contains(320, 240));
  EXPECT_THAT(sizes[0].intervals, ElementsAre(FrameInterval{1, 30}));
}

TEST(ProbeTest, KeepsRangesOfSizesWithTheirSteps) {
  FakeDriver driver = camera_with({size_range({64, 1920, 16, 48, 48, 8}), one_size(1, 1)});
  const auto sizes = probe_it(driver).capture_formats.at(0).sizes;
  ASSERT_EQ(sizes.size(), 1u) << "a range is the whole answer";
  EXPECT_TRUE(sizes[0].is_range());
  EXPECT_EQ(sizes[0].step_width_px, 16u);
  EXPECT_EQ(sizes[0].step_height_px, 0u) << "the height is no range";
  EXPECT_TRUE(sizes[0].contains(80, 48));
  EXPECT_FALSE(sizes[0].contains(81, 48));
  EXPECT_FALSE(sizes[0].contains(80, 56));
  EXPECT_FALSE(sizes[0].contains(1936, 48));
}

TEST(ProbeTest, LeavesOutRangesThatEndBeforeTheyBegin) {
  FakeDriver driver = camera_with({size_range({1920, 64, 1, 48, 1080, 1})});
  EXPECT_THAT(probe_it(driver).capture_formats.at(0).sizes, IsEmpty());
}

TEST(ProbeTest, TakesARangeWithoutAStepForEveryPixelOfIt) {
  FakeDriver driver = camera_with({size_range({16, 64, 0, 16, 64, 0})});
  const FrameSize size = probe_it(driver).capture_formats.at(0).sizes.at(0);
  EXPECT_EQ(size.step_width_px, 1u);
  EXPECT_TRUE(size.contains(17, 63));
}

TEST(ProbeTest, PutsTheShortestIntervalOfARangeFirst) {
  v4l2_frmivalenum range{};
  range.type = V4L2_FRMIVAL_TYPE_CONTINUOUS;
  range.stepwise = {{1, 1}, {1, 120}, {1, 1}};
  FakeDriver driver = camera_with({one_size(640, 480)}, {range});
  const FrameSize size = probe_it(driver).capture_formats.at(0).sizes.at(0);
  EXPECT_TRUE(size.intervals_are_range);
  EXPECT_THAT(size.intervals, ElementsAre(FrameInterval{1, 120}, FrameInterval{1, 1}));
}

TEST(ProbeTest, LearnsAllKindsOfMemoryFromOneAnswer) {
  FakeDriver driver;
  driver.memory_kinds = {V4L2_MEMORY_MMAP};
  driver.memory_capabilities =
      V4L2_BUF_CAP_SUPPORTS_MMAP | V4L2_BUF_CAP_SUPPORTS_DMABUF | V4L2_BUF_CAP_SUPPORTS_REQUESTS;
  EXPECT_EQ(probe_it(driver).capture_memory, kQueueMmap | kQueueDmabuf);
  EXPECT_EQ(driver.counts_asked.size(), 1u);
}

TEST(ProbeTest, TriesEachKindOfMemoryOnDriversThatListNone) {
  FakeDriver driver;
  driver.memory_kinds = {V4L2_MEMORY_USERPTR, V4L2_MEMORY_DMABUF};
  EXPECT_EQ(probe_it(driver).capture_memory, kQueueUserptr | kQueueDmabuf);
  driver.create_errno = ENOTTY;
  EXPECT_EQ(probe_it(driver).capture_memory, kQueueUserptr | kQueueDmabuf) << "by VIDIOC_REQBUFS";
}

TEST(ProbeTest, NeverAsksForABuffer) {
  for (const int refusal : {0, ENOTTY, EBUSY, EINVAL}) {
    FakeDriver driver;
    driver.device_caps = V4L2_CAP_VIDEO_M2M | V4L2_CAP_STREAMING;
    driver.create_errno = refusal;
    driver.memory_kinds = {V4L2_MEMORY_MMAP, V4L2_MEMORY_USERPTR, V4L2_MEMORY_DMABUF};
    (void)probe_it(driver);
    EXPECT_THAT(driver.counts_asked, Each(0u));
  }
}

TEST(ProbeTest, KnowsNoMemoryOfAQueueThatWillNotSay) {
  FakeDriver driver;
  driver.create_errno = driver.free_errno = EBUSY;
  EXPECT_EQ(probe_it(driver).capture_memory, 0u);
  FakeDriver reader;
  reader.device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_READWRITE;
  (void)probe_it(reader);
  EXPECT_THAT(reader.counts_asked, IsEmpty()) << "a node without streaming has no buffers";
}

TEST(ProbeTest, KnowsByTryingWhichSizesADriverWithoutAListTakes) {
  FakeDriver driver;
  driver.formats[kCaptureQueue] = {kRaw};
  driver.try_width_px = 720;
  driver.try_height_px = 576;
  const Device device = probe_it(driver);
  EXPECT_TRUE(would_capture(driver.ask(), device, fourcc("YUYV"), 720, 576));
  EXPECT_FALSE(would_capture(driver.ask(), device, fourcc("YUYV"), 1280, 720));
}

// ---- drivers gone mad

TEST(ProbeTest, LeavesADriverThatNeverStopsAnswering) {
  std::uint32_t count = 0;
  const Ask everything = [&](unsigned long request, void* argument) {
    ++count;
    if (request == VIDIOC_QUERYCAP) {
      auto& answer = *static_cast<v4l2_capability*>(argument);
      answer.capabilities = V4L2_CAP_VIDEO_CAPTURE;
    } else if (request == VIDIOC_ENUM_FMT) {
      static_cast<v4l2_fmtdesc*>(argument)->pixelformat = count;
    } else if (request == VIDIOC_ENUM_FRAMESIZES) {
      auto& answer = *static_cast<v4l2_frmsizeenum*>(argument);
      answer.type = V4L2_FRMSIZE_TYPE_DISCRETE;
      answer.discrete = {count, count};
    } else if (request == VIDIOC_ENUM_FRAMEINTERVALS) {
      auto& answer = *static_cast<v4l2_frmivalenum*>(argument);
      answer.type = V4L2_FRMIVAL_TYPE_DISCRETE;
      answer.discrete = {1, count};
    }
    return 0;
  };
  const Result<Device> device = probe_device(everything, "/dev/video0");
  ASSERT_TRUE(device);
  EXPECT_LE(device->capture_formats.size(), 1000u);
  EXPECT_LE(count, 100000u);
}

TEST(ProbeTest, SurvivesADriverThatAnswersWithNoise) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 noise(seed);
    const Ask ask = [&](unsigned long request, void* argument) {
      auto* const bytes = static_cast<unsigned char*>(argument);
      for (std::size_t i = 0; i < _IOC_SIZE(request); ++i) {
        bytes[i] = static_cast<unsigned char>(noise());
      }
      if (request == VIDIOC_QUERYCAP) return 0;
      errno = EINVAL;
      return noise() % 8 == 0 ? -1 : 0;
    };
    const Result<Device> device = probe_device(ask, "/dev/video0");
    if (!device) continue;  // its capabilities say it has no pictures
    EXPECT_LE(device->card.size(), 32u);
    for (const DeviceFormat& format : device->capture_formats) {
      for (const FrameSize& size : format.sizes) {
        EXPECT_LE(size.min_width_px, size.max_width_px);
        EXPECT_TRUE(size.contains(size.min_width_px, size.min_height_px));
        for (const FrameInterval interval : size.intervals) EXPECT_NE(interval.denominator, 0u);
      }
    }
  }
}

}  // namespace
}  // namespace vsl::v4l2
