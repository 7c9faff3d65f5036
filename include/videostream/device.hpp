// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "videostream/fourcc.hpp"
#include "videostream/result.hpp"

namespace vsl {

/// What a V4L2 node is for: bits, so that several can be asked for. Decided by its capabilities and
/// by which of its queues carry coded data alone. Values are those of VSLDeviceType.
enum class DeviceType : std::uint32_t {
  camera = 0x01,   ///< captures only
  output = 0x02,   ///< shows only
  encoder = 0x04,  ///< memory to memory, coded data comes out
  decoder = 0x08,  ///< memory to memory, coded data goes in
  isp = 0x10,      ///< memory to memory, no coded data: converters, scalers
  m2m = 0x20,      ///< memory to memory, coded data on both sides
};
inline constexpr std::uint32_t kAnyDevice = 0xff;

/// Where the buffers of a queue may lie: bits, with the values of VSLMemoryType.
enum QueueMemory : std::uint32_t { kQueueMmap = 1, kQueueUserptr = 2, kQueueDmabuf = 4 };

/// Time from one picture to the next, in seconds: 1/30 at 30 pictures a second.
struct FrameInterval {
  std::uint32_t numerator = 0, denominator = 0;
  friend bool operator==(const FrameInterval&, const FrameInterval&) = default;
};

/// A picture size, or a range of them, and how often pictures of that size can come.
struct FrameSize {
  std::uint32_t min_width_px = 0, max_width_px = 0, step_width_px = 0;  ///< equal, step 0: one size
  std::uint32_t min_height_px = 0, max_height_px = 0, step_height_px = 0;
  /// Each interval there is; of a range (`intervals_are_range`) the shortest and the longest.
  /// Of a range of sizes: those of the largest.
  std::vector<FrameInterval> intervals;
  bool intervals_are_range = false;

  bool is_range() const { return min_width_px != max_width_px || min_height_px != max_height_px; }
  /// Whether the driver offers this very size.
  VSL_EXPORT bool contains(std::uint32_t width_px, std::uint32_t height_px) const;
};

/// A format of one queue, as the driver lists it.
struct DeviceFormat {
  Fourcc fourcc;  ///< V4L2's own code
  std::string description;
  std::uint32_t flags = 0;  ///< V4L2_FMT_FLAG_*
  bool compressed = false;  ///< V4L2_FMT_FLAG_COMPRESSED
  std::vector<FrameSize> sizes;
};

/// A V4L2 node and what it can do. A value: taken at one instant, never updated.
struct Device {
  std::string path, driver, card, bus_info;
  std::uint32_t capabilities = 0;  ///< V4L2_CAP_* of the node
  DeviceType type = DeviceType::camera;
  bool multiplanar = false;
  std::uint32_t capture_memory = 0, output_memory = 0;  ///< QueueMemory bits
  std::vector<DeviceFormat> capture_formats, output_formats;
};

/// Lists the V4L2 video nodes of this machine in the order of their numbers, and those whose type
/// is in `type_mask` alone. Nodes that cannot be opened, and those that carry no video, are left
/// out. Nothing is allocated, configured or taken on any device: listing a camera at work is safe.
/// Errors: errno of reading /dev. A machine without any gives an empty list.
VSL_EXPORT Result<std::vector<Device>> list_devices(std::uint32_t type_mask = kAnyDevice);

/// One node. Errors: no_such_file_or_directory; permission_denied; not_supported (no video node).
VSL_EXPORT Result<Device> inspect_device(const std::string& path);

/// The first camera that captures this format (V4L2's code, or one whose bytes are the same) in
/// this size; zeros ask for any. Cameras that need a pipeline set up by others (media controller)
/// come after those that work alone. Errors: no_such_device, with what was looked for.
VSL_EXPORT Result<std::string> find_camera(Fourcc format = {}, std::uint32_t width_px = 0,
                                           std::uint32_t height_px = 0);

}  // namespace vsl
