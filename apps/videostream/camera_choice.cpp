// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camera_choice.hpp"

#include <algorithm>

#include "values.hpp"

namespace vsl::command {
namespace {

constexpr Resolution kUsualSize{1920, 1080};
constexpr Fourcc kUsualFormat = fourcc("YUYV");
constexpr std::uint32_t kSlowestUsefulFps = 15;

const DeviceFormat* format_of(const Device& device, Fourcc fourcc) {
  const auto found = std::find_if(device.capture_formats.begin(), device.capture_formats.end(),
                                  [&](const auto& format) { return format.fourcc == fourcc; });
  return found == device.capture_formats.end() ? nullptr : &*found;
}

// Whether pictures of that size come at a rate worth having; a driver that names none may.
bool is_lively(const DeviceFormat& format, Resolution size) {
  for (const FrameSize& one : format.sizes) {
    if (!one.contains(size.width_px, size.height_px)) continue;
    const auto& intervals = one.intervals;
    return intervals.empty() || std::any_of(intervals.begin(), intervals.end(), [](const auto& i) {
             return i.denominator >= kSlowestUsefulFps * i.numerator;
           });
  }
  return false;
}

bool has_size(const DeviceFormat& format, const CameraOptions& asked) {
  return asked.width_px == 0 ||
         std::any_of(format.sizes.begin(), format.sizes.end(), [&](const FrameSize& size) {
           return size.contains(asked.width_px, asked.height_px);
         });
}

// A format that is asked for may have another name there: find_camera() knows those.
bool offers(const Device& device, const CameraOptions& asked) {
  return device.type == DeviceType::camera &&
         std::any_of(device.capture_formats.begin(), device.capture_formats.end(),
                     [&](const DeviceFormat& format) {
                       return (asked.format.code == 0 || format.fourcc == asked.format) &&
                              has_size(format, asked);
                     });
}

}  // namespace

Result<std::string> default_camera(const CameraOptions& asked) {
  const auto device = inspect_device(kBoardCamera);
  if (device && offers(*device, asked)) return std::string(kBoardCamera);
  if (asked.format.code == 0) {
    auto usual = find_camera(kUsualFormat, asked.width_px, asked.height_px);
    if (usual) return usual;
  }
  return find_camera(asked.format, asked.width_px, asked.height_px);
}

CameraOptions choose_picture(const Device& device, const CameraOptions& asked) {
  CameraOptions chosen = asked;
  const DeviceFormat* usual = format_of(device, kUsualFormat);
  if (chosen.format.code == 0 && usual != nullptr && has_size(*usual, asked)) {
    chosen.format = usual->fourcc;
  }
  const bool usual_format = usual != nullptr && chosen.format == usual->fourcc;
  if (chosen.width_px == 0 && usual_format && is_lively(*usual, kUsualSize)) {
    chosen.width_px = kUsualSize.width_px;
    chosen.height_px = kUsualSize.height_px;
  }
  return chosen;
}

}  // namespace vsl::command
