// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
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
