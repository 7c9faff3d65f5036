// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>
#include <vector>

#include "videostream/device.hpp"

/// Devices that no machine has, for tests.
namespace vsl::command::test {

inline void set_formats(std::vector<DeviceFormat>& formats, const std::vector<std::string>& codes) {
  formats.clear();
  for (const std::string& code : codes) {
    DeviceFormat format;
    format.fourcc = fourcc({code[0], code[1], code[2], code[3], '\0'});
    format.compressed = code == "H264" || code == "HEVC" || code == "MJPG";
    formats.push_back(format);
  }
}

inline Device a_device(DeviceType type, const std::string& path, const std::string& bus,
                       const std::string& card) {
  Device device;
  device.path = path;
  device.driver = "fake";
  device.card = card;
  device.bus_info = bus;
  device.type = type;
  device.capture_memory = kQueueMmap | kQueueDmabuf;
  return device;
}

inline Device a_camera(const std::string& path, const std::string& bus = "usb-1",
                       const std::string& card = "Camera") {
  Device device = a_device(DeviceType::camera, path, bus, card);
  set_formats(device.capture_formats, {"YUYV", "NV12"});
  return device;
}

/// An encoder and a decoder in one piece of hardware, as codecs often are.
inline Device an_encoder(const std::string& path) {
  Device device = a_device(DeviceType::encoder, path, "platform:vpu", "vpu encoder");
  set_formats(device.capture_formats, {"H264", "HEVC"});
  set_formats(device.output_formats, {"NV12"});
  return device;
}
inline Device a_decoder(const std::string& path) {
  Device device = a_device(DeviceType::decoder, path, "platform:vpu", "vpu video decoder");
  set_formats(device.capture_formats, {"NV12"});
  set_formats(device.output_formats, {"H264"});
  return device;
}

}  // namespace vsl::command::test
