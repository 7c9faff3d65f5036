// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/testing.hpp"
#include "base/unique_fd.hpp"
#include "cameras.hpp"
#include "colour_bars.hpp"

namespace vsl::lab {
namespace {

class CameraFaultTest : public CameraTest {};

const KnownFormat kYuyv{"YUYV", Colors::yuv, {{0, 0, 1, 2}, {0, 1, 2, 4}, {0, 3, 2, 4}}};

/// The node of a kind of device that is no camera.
std::string find_other(DeviceType type) {
  const auto devices = list_devices(static_cast<std::uint32_t>(type));
  return devices && !devices->empty() ? devices->front().path : std::string();
}

/// Presses a button of the device by a descriptor of its own, as another program would.
void press(const std::string& path, std::uint32_t id) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  v4l2_control button{.id = id, .value = 1};
  ASSERT_EQ(::ioctl(fd.get(), VIDIOC_S_CTRL, &button), 0);
}

std::uint32_t id_of(const Camera& camera, const std::string& key) {
  const auto controls = camera.controls();
  for (const Control& control : *controls) {
    if (control.key == key) return control.id;
  }
  return 0;
}

TEST_F(CameraFaultTest, SaysWhyADeviceCannotBeOpened) {
  const auto error = [](const std::string& path) { return Camera::open(path).error(); };
  EXPECT_EQ(error("/dev/video99").code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(error("/dev/null").code, std::errc::not_supported);
  EXPECT_EQ(error("/proc/self/exe").code, std::errc::not_supported);
  EXPECT_EQ(error("/dev").code, std::errc::not_supported);
  EXPECT_EQ(error("").code, std::errc::no_such_file_or_directory);
  const std::string encoder = find_other(DeviceType::encoder);
  EXPECT_EQ(error(encoder).code, std::errc::not_supported) << encoder;
  EXPECT_NE(error(encoder).message().find(encoder), std::string::npos);
}

TEST_F(CameraFaultTest, SaysThatPermissionIsMissing) {
  const std::string path = find_vivid(Vivid::single_planar);
  const int denied = testing::in_child([&] {
    if (::setuid(65534) != 0) return 1;
    const auto camera = Camera::open(path);
    return !camera && camera.error().code == std::errc::permission_denied ? 0 : 2;
  });
  EXPECT_EQ(denied, 0);
}

TEST_F(CameraFaultTest, NamesTheProcessThatHasTheCamera) {
  const std::string path = find_vivid(Vivid::single_planar);
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const UniqueFd from_child(ready[0]);
  UniqueFd to_parent(ready[1]);
  const pid_t holder = ::fork();
  if (holder == 0) {
    ::prctl(PR_SET_NAME, "cam holder");
    const int fd = ::open(path.c_str(), O_RDWR);
    const bool locked = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
    (void)!::write(to_parent.get(), locked ? "1" : "0", 1);
    ::pause();
    ::_exit(0);
  }
  to_parent.reset();
  char locked = '0';
  ASSERT_EQ(::read(from_child.get(), &locked, 1), 1);
  ASSERT_EQ(locked, '1');
  const auto camera = Camera::open(path);
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  ASSERT_FALSE(camera);
  EXPECT_EQ(camera.error().code, std::errc::device_or_resource_busy);
  const std::string expected = "process " + std::to_string(holder) + " (cam holder)";
  EXPECT_NE(camera.error().where.find(expected), std::string::npos) << camera.error().message();
  auto ours = Camera::open(path);
  ASSERT_OK(ours);
  const auto again = Camera::open(path);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().where.find("this process"), std::string::npos) << again.error().message();
}

TEST_F(CameraFaultTest, NamesTheProcessThatStreamsWithoutALock) {
  const std::string path = find_vivid(Vivid::single_planar);
  const UniqueFd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  v4l2_requestbuffers request{};
  request.count = 2;
  request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  request.memory = V4L2_MEMORY_MMAP;
  ASSERT_EQ(::ioctl(other.get(), VIDIOC_REQBUFS, &request), 0);
  auto camera = Camera::open(path);
  ASSERT_OK(camera);
  const auto format = camera->configure(small(fourcc("NV12")));
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().code, std::errc::device_or_resource_busy);
  EXPECT_NE(format.error().where.find("this process"), std::string::npos)
      << format.error().message();
}

TEST_F(CameraFaultTest, ReportsWhatTheDriverRefusesAndWorksWhenItNoLongerDoes) {
  for (const Vivid which : kBothKinds) {
    SCOPED_TRACE(find_vivid(which));
    auto camera = open_vivid(which);
    ASSERT_OK(camera);
    CameraOptions options = small();
    options.memory = CameraMemory::mmap;
    ASSERT_OK(camera->set_control("inject_vidioc_reqbufs_error", ""));
    const auto format = camera->configure(options);
    ASSERT_FALSE(format);
    EXPECT_NE(format.error().where.find("VIDIOC_REQBUFS"), std::string::npos)
        << format.error().message();
    ASSERT_OK(camera->configure(options));
    for (const char* fault : {"inject_vidioc_qbuf_error", "inject_vidioc_streamon_error"}) {
      ASSERT_OK(camera->set_control(fault, ""));
      EXPECT_FALSE(camera->start()) << fault;
      EXPECT_EQ(camera->stats().queued, 0U);
      EXPECT_FALSE(camera->capture(0ns)) << "it does not stream";
      ASSERT_OK(camera->start());
      EXPECT_EQ(camera->stats().queued, camera->format().buffers);
      EXPECT_OK(next(*camera));
      ASSERT_OK(camera->stop());
    }
  }
}

TEST_F(CameraFaultTest, HandsOutNoPictureThatTheDriverCallsDamaged) {
  for (const Vivid which : kBothKinds) {
    auto camera = stream_vivid(which);
    ASSERT_OK(camera);
    for (std::uint64_t i = 1; i <= 3; ++i) {
      ASSERT_OK(camera->set_control("inject_v4l2_buf_flag_error", ""));
      while (camera->stats().damaged < i) {
        auto frame = next(*camera);
        ASSERT_OK(frame);
        EXPECT_EQ(check_bars(*frame, kYuyv), "");
      }
    }
    EXPECT_OK(next(*camera));
    EXPECT_EQ(camera->stats().damaged, 3U);
  }
}

TEST_F(CameraFaultTest, OffersABufferAgainThatTheDriverRefused) {
  auto camera = stream_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  auto frame = next(*camera);
  ASSERT_OK(frame);
  ASSERT_OK(camera->set_control("inject_vidioc_qbuf_error", ""));
  *frame = Frame();
  EXPECT_EQ(camera->stats().queued, camera->format().buffers - 1);
  ASSERT_OK(next(*camera));
  EXPECT_EQ(camera->stats().queued, camera->format().buffers);
}

TEST_F(CameraFaultTest, SaysThatTheDriverGaveUpAndStreamsAgainAfterARestart) {
  for (const Vivid which : kBothKinds) {
    auto camera = stream_vivid(which);
    ASSERT_OK(camera);
    ASSERT_OK(next(*camera));
    ASSERT_OK(camera->set_control("inject_fatal_streaming_error", ""));
    Result<std::optional<Frame>> frame = camera->capture(kPictureLimit);
    while (frame && *frame) frame = camera->capture(kPictureLimit);  // what was finished before
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, std::errc::io_error);
    ASSERT_OK(camera->stop());
    ASSERT_OK(camera->start());
    EXPECT_OK(next(*camera));
  }
}

TEST_F(CameraFaultTest, SaysThatTheCameraWasUnpluggedWhileItWaits) {
  for (const Vivid which : kBothKinds) {
    const std::string path = find_vivid(which);
    SCOPED_TRACE(path);
    {
      auto camera = stream_vivid(which);
      ASSERT_OK(camera);
      auto held = next(*camera);
      ASSERT_OK(held);
      const std::uint32_t disconnect = id_of(*camera, "disconnect");
      std::thread other([&] { press(path, disconnect); });
      Result<std::optional<Frame>> frame = camera->capture(kPictureLimit);
      while (frame && *frame) frame = camera->capture(kPictureLimit);
      other.join();
      ASSERT_FALSE(frame);
      EXPECT_EQ(frame.error().code, std::errc::no_such_device) << frame.error().message();
      EXPECT_EQ(camera->capture(0ns).error().code, std::errc::no_such_device);
      EXPECT_EQ(check_bars(*held, kYuyv), "");
      EXPECT_FALSE(camera->configure(small()));
    }
    auto again = stream_vivid(which);  // vivid comes back when nobody has it open any more
    ASSERT_OK(again);
    EXPECT_OK(next(*again));
  }
}

TEST_F(CameraFaultTest, NoticesThatTheCameraIsGoneWhileReadersHoldEveryBuffer) {
  auto camera = stream_vivid(Vivid::single_planar);
  ASSERT_OK(camera);
  std::vector<Frame> held;
  while (held.size() < camera->format().buffers) {
    auto frame = next(*camera);
    ASSERT_OK(frame);
    held.push_back(*std::move(frame));
  }
  press(camera->device().path, id_of(*camera, "disconnect"));
  const auto frame = camera->capture(kPictureLimit);
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, std::errc::no_such_device);
  held.clear();  // given to nobody
}

}  // namespace
}  // namespace vsl::lab
