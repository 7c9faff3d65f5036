// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <string>

#include "capi/guard.hpp"
#include "videostream.h"
#include "videostream/device.hpp"

namespace capi = vsl::capi;

namespace {

using vsl::Device;
using vsl::DeviceFormat;
using vsl::DeviceType;
using vsl::Error;
using vsl::Fourcc;
using vsl::Result;

// What the caller gets stays until this thread looks for something else.
Result<const char*> kept(const std::string& path) {
  static thread_local std::string found;
  found = path;
  return found.c_str();
}

// The first device of a type whose coded side has the format.
const char* find_codec(DeviceType type, std::vector<DeviceFormat> Device::*coded, Fourcc format) {
  return capi::guard<const char*>(nullptr, [&]() -> Result<const char*> {
    VSL_TRY(const std::vector<Device> devices, vsl::list_devices(static_cast<std::uint32_t>(type)));
    for (const Device& device : devices) {
      const auto& formats = device.*coded;
      const auto is_it = [&](const DeviceFormat& each) { return each.fourcc == format; };
      if (std::any_of(formats.begin(), formats.end(), is_it)) return kept(device.path);
    }
    const char* const name = vsl_v4l2_device_type_name(static_cast<VSLDeviceType>(type));
    return Error::of(std::errc::no_such_device,
                     std::string("find a V4L2 device: ") + name + " for " + format.to_string());
  });
}

}  // namespace

extern "C" const char* vsl_v4l2_find_encoder(uint32_t codec_fourcc) {
  return find_codec(DeviceType::encoder, &Device::capture_formats, {codec_fourcc});
}

extern "C" const char* vsl_v4l2_find_decoder(uint32_t codec_fourcc) {
  return find_codec(DeviceType::decoder, &Device::output_formats, {codec_fourcc});
}

extern "C" const char* vsl_v4l2_find_camera(uint32_t format_fourcc) {
  return vsl_v4l2_find_camera_with_resolution(format_fourcc, 0, 0);
}

extern "C" const char* vsl_v4l2_find_camera_with_resolution(uint32_t format_fourcc, uint32_t width,
                                                            uint32_t height) {
  return capi::guard<const char*>(nullptr, [&]() -> Result<const char*> {
    VSL_TRY(const std::string path, vsl::find_camera({format_fourcc}, width, height));
    return kept(path);
  });
}
