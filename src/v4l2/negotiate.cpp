// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/negotiate.hpp"

#include <algorithm>

#include "media/format_table.hpp"
#include "v4l2/ioctl.hpp"

namespace vsl::v4l2 {
namespace {

Error unsupported(const Node& node, const std::string& what, const std::string& there_is) {
  return Error::of(std::errc::invalid_argument,
                   "capture " + what + " from " + node.path +
                       (there_is.empty() ? std::string() : ", which has " + there_is));
}

Error unsupported_format(const Node& node, Fourcc wanted,
                         const std::vector<DeviceFormat>& formats) {
  std::string names;
  for (const DeviceFormat& format : formats) {
    names += (names.empty() ? "" : " ") + format.fourcc.to_string();
  }
  return unsupported(node, wanted.to_string(), names);
}

std::string size_text(std::uint32_t width_px, std::uint32_t height_px) {
  return std::to_string(width_px) + "x" + std::to_string(height_px);
}

/// "640x480, 1280x720"; empty where the driver lists none.
std::string describe_sizes(const std::vector<DeviceFormat>& formats, Fourcc code) {
  std::string text;
  for (const DeviceFormat& format : formats) {
    if (format.fourcc != code) continue;
    for (const FrameSize& size : format.sizes) {
      text += (text.empty() ? "" : ", ") + size_text(size.min_width_px, size.min_height_px);
      if (size.is_range()) text += " to " + size_text(size.max_width_px, size.max_height_px);
    }
  }
  return text;
}

/// The driver's code for what is wanted; 0 = the one it has now.
Result<Fourcc> choose_code(const Node& node, Fourcc wanted,
                           const std::vector<DeviceFormat>& formats) {
  if (wanted.code == 0 || formats.empty()) return wanted;  // S_FMT will tell
  for (const Fourcc code : driver_codes(wanted)) {
    const auto is_it = [&](const DeviceFormat& format) { return format.fourcc == code; };
    if (std::any_of(formats.begin(), formats.end(), is_it)) return code;
  }
  return unsupported_format(node, wanted, formats);
}

void reset_crop(const Node& node) {
  v4l2_selection selection{};
  selection.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  selection.target = V4L2_SEL_TGT_CROP_DEFAULT;
  if (call(node.fd, VIDIOC_G_SELECTION, &selection) < 0) return;
  selection.target = V4L2_SEL_TGT_CROP;
  selection.flags = 0;
  (void)call(node.fd, VIDIOC_S_SELECTION, &selection);  // most devices cannot crop
}

/// Where in the buffer the picture lies, when it does not fill it.
Rect composed_part(const Node& node, const Layout& layout) {
  v4l2_selection selection{};
  selection.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  selection.target = V4L2_SEL_TGT_COMPOSE;
  if (call(node.fd, VIDIOC_G_SELECTION, &selection) < 0) return {};
  const v4l2_rect& rect = selection.r;
  const bool inside =
      rect.left >= 0 && rect.top >= 0 && rect.width > 0 && rect.height > 0 &&
      std::uint64_t{rect.width} + static_cast<std::uint32_t>(rect.left) <= layout.width_px &&
      std::uint64_t{rect.height} + static_cast<std::uint32_t>(rect.top) <= layout.height_px;
  const bool all = rect.width == layout.width_px && rect.height == layout.height_px;
  if (!inside || all) return {};
  return {rect.left, rect.top, static_cast<std::int32_t>(rect.width),
          static_cast<std::int32_t>(rect.height)};
}

/// Sets the interval where one is wanted, and tells which it is: 0/0 where the driver does not say.
FrameInterval agree_on_interval(const Node& node, FrameInterval wanted) {
  v4l2_streamparm parm{};
  parm.type = node.buffer_type();
  if (call(node.fd, VIDIOC_G_PARM, &parm) < 0) return {};
  v4l2_captureparm& capture = parm.parm.capture;
  if (wanted.denominator != 0 && (capture.capability & V4L2_CAP_TIMEPERFRAME) != 0) {
    v4l2_streamparm changed = parm;
    changed.parm.capture.timeperframe = {wanted.numerator, wanted.denominator};
    if (call(node.fd, VIDIOC_S_PARM, &changed) == 0) parm = changed;
  }
  return {capture.timeperframe.numerator, capture.timeperframe.denominator};
}

/// 1 top first, 2 bottom first, 0 progressive and whatever cannot be said so.
std::uint8_t interlace_of(const DriverFormat& driver) {
  constexpr std::uint8_t kTopFirst = 1, kBottomFirst = 2;
  switch (driver.field) {
    case V4L2_FIELD_INTERLACED_TB:
      return kTopFirst;
    case V4L2_FIELD_INTERLACED_BT:
      return kBottomFirst;
    case V4L2_FIELD_INTERLACED:  // by the standard: 525 lines begin with the bottom field
      return driver.height_px <= 486 ? kBottomFirst : kTopFirst;
    default:
      return 0;
  }
}

Result<void> check_answer(const Node& node, const CameraOptions& wanted, Fourcc asked,
                          const DriverFormat& answer, const std::vector<DeviceFormat>& formats) {
  if (asked.code != 0 && answer.pixel_format != asked) {
    return unsupported_format(node, wanted.format, formats);
  }
  const bool width_ok = wanted.width_px == 0 || wanted.width_px == answer.width_px;
  const bool height_ok = wanted.height_px == 0 || wanted.height_px == answer.height_px;
  if (wanted.nearest_size || (width_ok && height_ok)) return {};
  std::string there_is = describe_sizes(formats, answer.pixel_format);
  if (there_is.empty()) there_is = "only " + size_text(answer.width_px, answer.height_px);
  return unsupported(node,
                     answer.pixel_format.to_string() + " " +
                         size_text(wanted.width_px != 0 ? wanted.width_px : answer.width_px,
                                   wanted.height_px != 0 ? wanted.height_px : answer.height_px),
                     there_is);
}

/// The name frames get: the one that was asked for, where readers can know it.
Fourcc name_frames(Fourcc wanted, Fourcc driver_code) {
  return wanted.code != 0 && find_format(wanted) != nullptr ? wanted : frame_code(driver_code);
}

}  // namespace

Result<Agreement> agreement_on(const Node& node, const DriverFormat& driver, Fourcc name,
                               bool coded) {
  Agreement agreed{.driver = driver, .coded = coded};
  VSL_TRY(agreed.layout, layout_of(driver, name));
  if (coded) agreed.layout.planes[0].stride_bytes = 0;  // coded data has no rows
  agreed.interlace = interlace_of(driver);
  if (!node.output) agreed.crop = composed_part(node, agreed.layout);
  return agreed;
}

Result<Agreement> negotiate(const Node& node, const std::vector<DeviceFormat>& formats,
                            const CameraOptions& wanted) {
  reset_crop(node);
  VSL_TRY(const Fourcc code, choose_code(node, wanted.format, formats));
  const DriverFormat request{
      .pixel_format = code, .width_px = wanted.width_px, .height_px = wanted.height_px};
  VSL_TRY(const DriverFormat driver, set_format(node, request));
  VSL_CHECK(check_answer(node, wanted, code, driver, formats));
  const auto is_coded = [&](const DeviceFormat& format) {
    return format.compressed && format.fourcc == driver.pixel_format;
  };
  const bool coded =
      is_compressed(driver.pixel_format) || std::any_of(formats.begin(), formats.end(), is_coded);
  VSL_TRY(auto agreed,
          agreement_on(node, driver, name_frames(wanted.format, driver.pixel_format), coded));
  agreed.interval = agree_on_interval(node, wanted.interval);
  return agreed;
}

}  // namespace vsl::v4l2
