// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <map>
#include <set>

#include "cameras.hpp"
#include "tests/faults/faults.hpp"
#include "v4l2_ctl.hpp"

/// Discovery, compared with what v4l2-ctl says and with what the drivers then do.
namespace vsl::lab {
namespace {

using testing::ElementsAre;

class DevicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (find_vivid(false).empty()) GTEST_SKIP() << "no vivid camera here: run it in the lab";
    auto listed = list_devices();
    ASSERT_TRUE(listed) << listed.error().message();
    devices = *std::move(listed);
  }
  std::vector<Device> devices;
};

bool carries_pictures(unsigned long capabilities) {
  return (capabilities &
          (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_VIDEO_OUTPUT |
           V4L2_CAP_VIDEO_OUTPUT_MPLANE | V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE)) != 0;
}

TEST_F(DevicesTest, AreThoseThatV4l2CtlListsWithTheirFormatsSizesAndIntervals) {
  std::size_t next = 0;
  for (const std::string& path : v4l2_ctl("--list-devices")) {
    if (path.rfind("/dev/video", 0) != 0) continue;
    const auto lines = v4l2_ctl("-D --list-formats-ext --list-formats-out-ext -d " + path);
    const auto capabilities = std::stoul(value_of(lines, "Device Caps"), nullptr, 16);
    if (!carries_pictures(capabilities)) continue;
    ASSERT_LT(next, devices.size()) << path << " is missing";
    const Device& ours = devices[next++];
    EXPECT_EQ(ours.path, path);
    EXPECT_EQ(ours.driver, value_of(lines, "Driver name"));
    EXPECT_EQ(ours.card, value_of(lines, "Card type"));
    EXPECT_EQ(ours.bus_info, value_of(lines, "Bus info"));
    EXPECT_EQ(ours.capabilities, capabilities);
    EXPECT_THAT(format_lists(lines), ElementsAre(formats_by_us(ours.capture_formats),
                                                 formats_by_us(ours.output_formats)))
        << path;
  }
  EXPECT_EQ(next, devices.size()) << "we list more than it does";
}

TEST_F(DevicesTest, OfWhichSizesAreARangeHaveTheIntervalsOfTheLargest) {
  const std::string path = find_vivid(false);
  (void)v4l2_ctl("-d " + path + " -i 1");  // a television, which has a scaler
  const Result<Device> device = inspect_device(path);
  const auto theirs = format_lists(
      v4l2_ctl("-d " + path + " --list-frameintervals width=16384,height=8640,pixelformat=YUYV"));
  (void)v4l2_ctl("-d " + path + " -i 0");
  ASSERT_TRUE(device);
  const auto sizes = device->capture_formats.at(0).sizes;
  ASSERT_EQ(sizes.size(), 1u);
  EXPECT_TRUE(sizes[0].is_range());
  std::vector<std::string> ours;
  print_intervals(sizes[0], ours);
  EXPECT_THAT(theirs, ElementsAre(ours));
  EXPECT_FALSE(ours.empty());
}

TEST_F(DevicesTest, AreClassifiedByWhatTheyAreFor) {
  std::map<std::string, std::multiset<DeviceType>> types;
  for (const Device& device : devices) types[device.driver].insert(device.type);
  using enum DeviceType;
  EXPECT_EQ(types["vicodec"], (std::multiset{encoder, decoder, decoder}));
  EXPECT_EQ(types["vim2m"], (std::multiset{isp}));
  EXPECT_EQ(types["vivid"], (std::multiset{camera, camera, camera, output, output, output}));
  EXPECT_EQ(types["vimc"], (std::multiset{camera, camera, camera}));
}

// What a queue takes, found out as release 2.5 did: by asking for a buffer of each kind.
std::uint32_t memory_by_trial(const Device& device, bool capture) {
  const bool planes = device.multiplanar;
  v4l2_requestbuffers request{};
  request.type = capture
                     ? (planes ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE)
                     : (planes ? V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE : V4L2_BUF_TYPE_VIDEO_OUTPUT);
  const UniqueFd fd(::open(device.path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  std::uint32_t taken = 0;
  for (const auto& [bit, memory] : {std::pair{kQueueMmap, V4L2_MEMORY_MMAP},
                                    {kQueueUserptr, V4L2_MEMORY_USERPTR},
                                    {kQueueDmabuf, V4L2_MEMORY_DMABUF}}) {
    request.memory = memory;
    request.count = 1;
    if (::ioctl(fd.get(), VIDIOC_REQBUFS, &request) == 0) taken |= bit;
    request.count = 0;
    (void)::ioctl(fd.get(), VIDIOC_REQBUFS, &request);
  }
  return taken;
}

TEST_F(DevicesTest, TakeTheMemoryThatTheyAreSaidToTake) {
  for (const Device& device : devices) {
    const bool captures = !device.capture_formats.empty();
    const bool shows = !device.output_formats.empty();
    EXPECT_EQ(device.capture_memory, captures ? memory_by_trial(device, true) : 0) << device.path;
    EXPECT_EQ(device.output_memory, shows ? memory_by_trial(device, false) : 0) << device.path;
    EXPECT_NE(device.capture_memory | device.output_memory, 0u) << device.path;
  }
}

constexpr int kLostPicture = 3;

// Streams slowly, so that a gap would rather be our doing than that of a busy machine. Tells how
// many pictures came, until it is told to stop or one is lost.
int stream(const std::string& path, const faults::Line& line) {
  auto camera = Camera::open(path);
  const CameraOptions slow{
      .format = fourcc("YUYV"), .width_px = 320, .height_px = 180, .interval = {1, 2}};
  if (!camera || !camera->configure(slow) || !camera->start()) return 1;
  std::uint64_t expected = 0;
  while (!line.heard()) {
    const auto frame = camera->capture(kPictureLimit);
    if (!frame || !*frame) return 2;
    if ((*frame)->info().source_sequence != expected++) return kLostPicture;
    line.tell(expected);
  }
  return 0;
}

std::string everything(const Device& device) {
  return ::testing::PrintToString(formats_by_us(device.capture_formats)) + device.card +
         print(" %x %x %d", device.capabilities, device.capture_memory,
               static_cast<int>(device.type));
}

// Lists devices between the first picture of a stream and one that comes later; how that ended.
int list_while_streaming(const Device& idle) {
  faults::Process streaming([&](const faults::Line& line) { return stream(idle.path, line); });
  const auto came = [&] { return streaming.line().heard().value_or(0); };
  const auto await = [&](std::uint64_t count) {
    while (came() < count && !streaming.ended()) ::usleep(1000);
  };
  await(1);
  for (int i = 0; i < 3; ++i) {
    const Result<Device> busy = inspect_device(idle.path);
    EXPECT_EQ(busy ? everything(*busy) : busy.error().message(), everything(idle));
    EXPECT_TRUE(list_devices());
  }
  while (came() != 0) continue;  // those from before and meanwhile
  await(3);
  streaming.line().tell(0);
  return streaming.end();
}

TEST_F(DevicesTest, AreListedAsWholeWhileSomebodyStreamsAndDoNotDisturbIt) {
  for (const bool multiplanar : {false, true}) {
    const Result<Device> idle = inspect_device(find_vivid(multiplanar));
    ASSERT_TRUE(idle);
    // The emulated machine may stand still for longer than a picture lasts; what we do, we would do
    // every time.
    int ended = kLostPicture;
    for (int i = 0; i < 30 && ended == kLostPicture; ++i) ended = list_while_streaming(*idle);
    EXPECT_EQ(ended, 0) << "1: no stream, 2: pictures ceased, 3: one was lost";
  }
}

TEST_F(DevicesTest, AreLeftOutOfTheListWhenPermissionIsDenied) {
  const std::string path = find_vivid(false);
  faults::Process nobody([&](const faults::Line&) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
    const auto device = inspect_device(path);
    if (device || device.error().code != std::errc::permission_denied) return 2;
    const auto listed = list_devices();
    return listed && listed->empty() ? 0 : 3;
  });
  EXPECT_EQ(nobody.end(), 0);
}

TEST_F(DevicesTest, AreNoRadiosNoTouchPadsNoMetadata) {
  int seen = 0;
  for (const std::string& line : v4l2_ctl("--list-devices")) {
    if (line.rfind("/dev/", 0) != 0) continue;
    const auto is_it = [&](const Device& device) { return device.path == line; };
    if (std::any_of(devices.begin(), devices.end(), is_it)) continue;
    const Result<Device> other = inspect_device(line);
    ASSERT_FALSE(other) << line;
    EXPECT_EQ(other.error().code, std::errc::not_supported) << line;
    ++seen;
  }
  EXPECT_GT(seen, 10) << "vivid has many other nodes";
}

TEST_F(DevicesTest, AreFoundByFormatAndSize) {
  const auto found = [](Fourcc format, std::uint32_t width_px, std::uint32_t height_px) {
    const auto path = find_camera(format, width_px, height_px);
    return path ? *path : path.error().code.message();
  };
  const std::string missing = std::make_error_code(std::errc::no_such_device).message();
  const std::string plain = find_vivid(false), planes = find_vivid(true);
  EXPECT_EQ(found({}, 0, 0), plain) << "vimc comes before it, and needs a pipeline";
  EXPECT_EQ(found(fourcc("YUYV"), 0, 0), plain);
  EXPECT_EQ(found(fourcc("YUY2"), 320, 180), plain) << "the same bytes by another name";
  EXPECT_EQ(found(fourcc("NM12"), 320, 180), planes);
  EXPECT_EQ(found(fourcc("YUYV"), 322, 180), missing);
  const std::string any_size = found({}, 322, 180);
  EXPECT_EQ(inspect_device(any_size)->driver, "vimc") << "a range of sizes";
  EXPECT_EQ(found(fourcc("RGGB"), 322, 180), any_size);
  EXPECT_EQ(found(fourcc("FWHT"), 0, 0), missing) << "an encoder is no camera";
}

}  // namespace
}  // namespace vsl::lab
