// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/probe.hpp"

#include <linux/videodev2.h>

#include <algorithm>

#include "media/format_table.hpp"
#include "v4l2/driver_text.hpp"
#include "v4l2/format_list.hpp"
#include "v4l2/ioctl.hpp"
#include "v4l2/queue_memory.hpp"

namespace vsl::v4l2 {
namespace {

constexpr std::uint32_t kMemoryToMemory = V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE;
constexpr std::uint32_t kCapture = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE;
constexpr std::uint32_t kOutput = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE;
constexpr std::uint32_t kMultiplanar =
    V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_VIDEO_OUTPUT_MPLANE;

// Raw pictures that drivers compress for their own use carry the flag of coded data as well.
constexpr std::uint32_t kPackedPictures[] = {V4L2_PIX_FMT_MT21C, fourcc("Q08C").code,
                                             fourcc("Q10C").code};

bool is_coded(const DeviceFormat& format) {
  const auto end = std::end(kPackedPictures);
  if (std::find(std::begin(kPackedPictures), end, format.fourcc.code) != end) return false;
  return format.compressed || is_compressed(format.fourcc);
}

bool all_coded(const std::vector<DeviceFormat>& formats) {
  return !formats.empty() && std::all_of(formats.begin(), formats.end(), is_coded);
}

DeviceType type_of(const Queues& queues, const Device& device) {
  if (queues.output == 0) return DeviceType::camera;
  if (queues.capture == 0) return DeviceType::output;
  const bool gives_coded = all_coded(device.capture_formats);
  const bool takes_coded = all_coded(device.output_formats);
  if (gives_coded && takes_coded) return DeviceType::m2m;
  if (gives_coded) return DeviceType::encoder;
  return takes_coded ? DeviceType::decoder : DeviceType::isp;
}

void ask_about_queues(const Ask& ask, const Queues& queues, Device& device) {
  const bool streams = (device.capabilities & V4L2_CAP_STREAMING) != 0;
  if (queues.capture != 0) {
    device.capture_formats = list_formats(ask, queues.capture);
    if (streams) device.capture_memory = queue_memory(ask, queues.capture);
  }
  if (queues.output != 0) {
    device.output_formats = list_formats(ask, queues.output);
    if (streams) device.output_memory = queue_memory(ask, queues.output);
  }
}

}  // namespace

Queues queues_of(std::uint32_t capabilities) noexcept {
  const bool both = (capabilities & kMemoryToMemory) != 0;
  const auto is = [&](std::uint32_t bits) { return (capabilities & bits) != 0; };
  if (is(V4L2_CAP_TOUCH)) return {};  // has a capture bit too, but gives no pictures
  const bool planes_in = is(V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_VIDEO_OUTPUT_MPLANE);
  const bool planes_out = is(V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_VIDEO_CAPTURE_MPLANE);
  Queues queues;
  if (both || is(kCapture)) {
    queues.capture = planes_out ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
  }
  if (both || is(kOutput)) {
    queues.output = planes_in ? V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE : V4L2_BUF_TYPE_VIDEO_OUTPUT;
  }
  return queues;
}

Result<Device> probe_device(const Ask& ask, const std::string& path) {
  v4l2_capability answer{};
  if (ask(VIDIOC_QUERYCAP, &answer) < 0) {
    Error error = call_error(VIDIOC_QUERYCAP, path);
    const bool unknown = error.code == std::errc::inappropriate_io_control_operation ||
                         error.code == std::errc::invalid_argument;
    if (!unknown) return error;
    return Error::of(std::errc::not_supported, path + " is no V4L2 device");
  }
  Device device;
  device.path = path;
  device.driver = driver_text(answer.driver);
  device.card = driver_text(answer.card);
  device.bus_info = driver_text(answer.bus_info);
  // `capabilities` are those of all nodes of the hardware together.
  const bool of_node = (answer.capabilities & V4L2_CAP_DEVICE_CAPS) != 0;
  device.capabilities = of_node ? answer.device_caps : answer.capabilities;
  const Queues queues = queues_of(device.capabilities);
  if (queues.capture == 0 && queues.output == 0) {
    return Error::of(std::errc::not_supported, path + " carries no pictures");
  }
  device.multiplanar = (device.capabilities & kMultiplanar) != 0;
  ask_about_queues(ask, queues, device);
  device.type = type_of(queues, device);
  return device;
}

Result<Device> probe_device(int fd, const std::string& path) {
  return probe_device(
      [fd](unsigned long request, void* argument) { return call(fd, request, argument); }, path);
}

bool would_capture(const Ask& ask, const Device& device, Fourcc format, std::uint32_t width_px,
                   std::uint32_t height_px) {
  v4l2_format wish{};
  wish.type = queues_of(device.capabilities).capture;
  const bool planes = wish.type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  const auto agreed = [&](auto& picture) {
    picture.width = width_px;
    picture.height = height_px;
    picture.pixelformat = format.code;
    picture.field = V4L2_FIELD_ANY;
    return ask(VIDIOC_TRY_FMT, &wish) >= 0 && picture.width == width_px &&
           picture.height == height_px && picture.pixelformat == format.code;
  };
  return planes ? agreed(wish.fmt.pix_mp) : agreed(wish.fmt.pix);
}

}  // namespace vsl::v4l2
