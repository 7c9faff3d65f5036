// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/device.hpp"

#include <fcntl.h>
#include <linux/videodev2.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/unique_fd.hpp"
#include "v4l2/device_nodes.hpp"
#include "v4l2/ioctl.hpp"
#include "v4l2/pixel_format.hpp"
#include "v4l2/probe.hpp"

namespace vsl {
namespace {

using v4l2::Ask;

// Only asks: a camera at work is not disturbed by one more descriptor.
Result<UniqueFd> open_node(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return Error::last("open " + path);
  if (!S_ISCHR(status.st_mode)) {
    return Error::of(std::errc::not_supported, path + " is no device node");
  }
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return Error::last("open " + path);
  return fd;
}

bool in_range(std::uint32_t value, std::uint32_t smallest, std::uint32_t largest,
              std::uint32_t step) {
  return smallest <= value && value <= largest && (step == 0 || (value - smallest) % step == 0);
}

struct Wish {
  std::vector<Fourcc> codes;  // none: any
  std::uint32_t width_px, height_px;
};

// Some drivers list no sizes; those are asked about this one.
bool takes_size(const Device& device, const DeviceFormat& format, const Wish& wish) {
  if (wish.width_px == 0 && wish.height_px == 0) return true;
  if (format.sizes.empty()) {
    const Result<UniqueFd> fd = open_node(device.path);
    if (!fd) return false;
    const Ask ask = [&](unsigned long request, void* argument) {
      return v4l2::call(fd->get(), request, argument);
    };
    return v4l2::would_capture(ask, device, format.fourcc, wish.width_px, wish.height_px);
  }
  return std::any_of(format.sizes.begin(), format.sizes.end(), [&](const FrameSize& size) {
    return size.contains(wish.width_px, wish.height_px);
  });
}

bool fulfils(const Device& device, const Wish& wish) {
  return std::any_of(device.capture_formats.begin(), device.capture_formats.end(),
                     [&](const DeviceFormat& format) {
                       const auto& codes = wish.codes;
                       const bool wanted = codes.empty() || std::find(codes.begin(), codes.end(),
                                                                      format.fourcc) != codes.end();
                       return wanted && takes_size(device, format, wish);
                     });
}

// Others are ends of a pipeline that somebody has to set up through the media controller first.
bool works_alone(const Device& device) { return (device.capabilities & V4L2_CAP_IO_MC) == 0; }

std::string describe(Fourcc format, std::uint32_t width_px, std::uint32_t height_px) {
  std::string text = "find a camera";
  if (format.code != 0) text += " with format " + format.to_string();
  if (width_px != 0 || height_px != 0) {
    text += (format.code != 0 ? " in " : " with pictures of ") + std::to_string(width_px) + "x" +
            std::to_string(height_px);
  }
  return text;
}

}  // namespace

bool FrameSize::contains(std::uint32_t width_px, std::uint32_t height_px) const {
  return in_range(width_px, min_width_px, max_width_px, step_width_px) &&
         in_range(height_px, min_height_px, max_height_px, step_height_px);
}

Result<Device> inspect_device(const std::string& path) {
  VSL_TRY(const UniqueFd fd, open_node(path));
  return v4l2::probe_device(fd.get(), path);
}

Result<std::vector<Device>> list_devices(std::uint32_t type_mask) {
  VSL_TRY(const std::vector<std::string> nodes, v4l2::video_nodes("/dev"));
  std::vector<Device> devices;
  for (const std::string& node : nodes) {
    Result<Device> device = inspect_device(node);
    if (device && (static_cast<std::uint32_t>(device->type) & type_mask) != 0) {
      devices.push_back(*std::move(device));
    }
  }
  return devices;
}

Result<std::string> find_camera(Fourcc format, std::uint32_t width_px, std::uint32_t height_px) {
  Wish wish{{}, width_px, height_px};
  if (format.code != 0) wish.codes = v4l2::driver_codes(format);
  VSL_TRY(std::vector<Device> cameras,
          list_devices(static_cast<std::uint32_t>(DeviceType::camera)));
  std::stable_partition(cameras.begin(), cameras.end(), works_alone);
  for (const Device& camera : cameras) {
    if (format.code == 0 && width_px == 0 && height_px == 0) return camera.path;
    if (fulfils(camera, wish)) return camera.path;
  }
  return Error::of(std::errc::no_such_device, describe(format, width_px, height_px));
}

}  // namespace vsl
