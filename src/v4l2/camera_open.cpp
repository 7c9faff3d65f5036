// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "v4l2/camera_impl.hpp"
#include "v4l2/holders.hpp"
#include "v4l2/probe.hpp"

namespace vsl {
namespace {

Error busy(const std::string& path, int fd) {
  const std::string holders = v4l2::describe_holders(fd);
  return Error::of(std::errc::device_or_resource_busy,
                   "open camera " + path +
                       (holders.empty() ? ", which another program has locked" : ", " + holders));
}

Result<UniqueFd> open_node(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return Error::last("open camera " + path);
  if (!S_ISCHR(status.st_mode)) {
    return Error::of(std::errc::not_supported, "open camera " + path + ", which is no device");
  }
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return Error::last("open camera " + path);
  return fd;
}

Result<void> lock_node(const std::string& path, int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return {};
  return errno == EWOULDBLOCK ? busy(path, fd) : Error::last("lock camera " + path);
}

}  // namespace

Result<std::unique_ptr<Camera::Impl>> Camera::Impl::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  VSL_TRY(impl->fd_, open_node(path));
  const int fd = impl->fd_.get();
  impl->fork_guard_.emplace(fd);
  VSL_TRY(impl->device, v4l2::probe_device(fd, path));
  if (impl->device.type != DeviceType::camera ||
      (impl->device.capabilities & V4L2_CAP_STREAMING) == 0) {
    return Error::of(std::errc::not_supported,
                     "open camera " + path + ", which captures no video (" + impl->device.card +
                         "); `videostream devices` lists those that do");
  }
  VSL_CHECK(lock_node(path, fd));
  const auto queues = v4l2::queues_of(impl->device.capabilities);
  const bool multiplanar = queues.capture == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  impl->node_ = {.fd = fd, .path = path, .multiplanar = multiplanar};
  return impl;
}

Camera::Impl::~Impl() {
  if (queue != nullptr) (void)queue->close();  // frames that are out keep their memory
}

}  // namespace vsl
