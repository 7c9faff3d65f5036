// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "media/format_table.hpp"
#include "videostream.h"

// The functions on V4L2 values that need no device.

extern "C" const char* vsl_v4l2_device_type_name(VSLDeviceType type) {
  switch (type) {
    case VSL_V4L2_TYPE_CAMERA:
      return "Camera";
    case VSL_V4L2_TYPE_OUTPUT:
      return "Output";
    case VSL_V4L2_TYPE_ENCODER:
      return "Encoder";
    case VSL_V4L2_TYPE_DECODER:
      return "Decoder";
    case VSL_V4L2_TYPE_ISP:
      return "ISP";
    case VSL_V4L2_TYPE_M2M:
      return "M2M";
    default:
      return "Unknown";
  }
}

extern "C" bool vsl_v4l2_is_compressed_format(uint32_t fourcc) {
  return vsl::is_compressed({fourcc});
}

extern "C" char* vsl_v4l2_fourcc_to_string(uint32_t fourcc, char buf[5]) {
  for (int i = 0; i < 4; ++i) buf[i] = static_cast<char>(fourcc >> (8 * i) & 0xff);
  buf[4] = '\0';
  return buf;
}

extern "C" bool vsl_v4l2_device_supports_format(const VSLDevice* device, uint32_t fourcc,
                                                bool capture) {
  if (device == nullptr) return false;
  const VSLFormat* formats = capture ? device->capture_formats : device->output_formats;
  const size_t count = capture ? device->num_capture_formats : device->num_output_formats;
  const auto is_it = [&](const VSLFormat& format) { return format.fourcc == fourcc; };
  return formats != nullptr && std::any_of(formats, formats + count, is_it);
}

namespace {

void free_formats(VSLFormat* formats, size_t count) {
  for (size_t i = 0; formats != nullptr && i < count; ++i) ::free(formats[i].resolutions);
  ::free(formats);
}

}  // namespace

extern "C" void vsl_v4l2_device_list_free(VSLDeviceList* list) {
  if (list == nullptr) return;
  for (size_t i = 0; list->devices != nullptr && i < list->count; ++i) {
    VSLDevice& device = list->devices[i];
    free_formats(device.capture_formats, device.num_capture_formats);
    free_formats(device.output_formats, device.num_output_formats);
  }
  ::free(list->devices);
  ::free(list);
}

extern "C" void vsl_v4l2_free_userptr(void* ptr, size_t size, int dma_fd) {
  if (ptr != nullptr && size != 0) ::munmap(ptr, size);
  if (dma_fd >= 0) ::close(dma_fd);
}
