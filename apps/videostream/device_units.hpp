// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <string>
#include <vector>

#include "videostream/device.hpp"

/// V4L2 nodes as a person sees them. Pure: devices in, words out.
namespace vsl::command {

/// What the lists of `devices` are called. Whatever neither captures nor codes converts.
enum class DeviceClass { camera, encoder, decoder, converter };
inline constexpr std::array kDeviceClasses{DeviceClass::camera, DeviceClass::encoder,
                                           DeviceClass::decoder, DeviceClass::converter};
DeviceClass class_of(const Device& device);

/// Nodes of one piece of hardware that are for the same; the first speaks for all.
struct DeviceUnit {
  DeviceClass kind = DeviceClass::camera;
  std::vector<Device> nodes;  ///< one at least
  const Device& speaker() const { return nodes.front(); }
  std::vector<std::string> paths() const;
};

/// Nodes with the same bus and class as one unit, by name; or each on its own, in the given order.
/// A node that does not know its bus stands alone.
std::vector<DeviceUnit> units_of(const std::vector<Device>& devices, bool each_node);

/// How many pieces of hardware there are: one may code and decode.
std::size_t count_hardware(const std::vector<Device>& devices);

/// "/dev/video0", "/dev/video0-4" (three or more in a row), "/dev/video{0,3}" (up to four),
/// "/dev/video{0,..}"; of several followed by their number.
std::string path_range(const std::vector<std::string>& paths);

bool is_coded(const DeviceFormat& format);

/// The formats a node is there for: coded ones of codecs, on the side that is coded; of the others
/// what they capture, or show if they capture nothing.
std::vector<DeviceFormat> formats_of_use(const Device& device);

/// All that come out, then those that go in and were not named yet.
std::vector<DeviceFormat> all_formats(const Device& device);

/// The names of formats_of_use(): of cameras and converters five that are not coded, if they have
/// such, and "+N more" for the rest.
std::vector<std::string> short_format_names(const Device& device);

/// "MMAP", "USERPTR", "DMABUF": of the side where pictures come out, or the only one there is.
std::vector<std::string> memory_names(const Device& device);

}  // namespace vsl::command
