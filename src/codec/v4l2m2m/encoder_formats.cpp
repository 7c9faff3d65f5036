// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/v4l2m2m/encoder_formats.hpp"

#include <algorithm>

#include "v4l2/ioctl.hpp"

namespace vsl::codec::m2m {
namespace {

using v4l2::Agreement;
using v4l2::DriverFormat;
using v4l2::M2mDevice;

std::string size_text(std::uint32_t width_px, std::uint32_t height_px) {
  return std::to_string(width_px) + "x" + std::to_string(height_px);
}

Error unfit(const M2mDevice& device, const EncoderSetup& setup, const std::string& there_is) {
  return Error::of(std::errc::not_supported,
                   "encode " + size_text(setup.width_px, setup.height_px) + " " +
                       setup.picture.layout.fourcc.to_string() + " with " + device.output.path +
                       ", which takes " + there_is);
}

bool has_format(const M2mDevice& device, Fourcc code) {
  const auto& formats = device.device.output_formats;
  return std::any_of(formats.begin(), formats.end(),
                     [&](const DeviceFormat& format) { return format.fourcc == code; });
}

/// Pictures are taken as they lie only with as many buffers as they have.
bool suits(Fourcc code, const Layout& picture, InputShape shape) {
  const bool one_each = v4l2::frame_code(code) != code;
  return shape == InputShape::part || one_each == (picture.buffer_count > 1);
}

Result<Fourcc> choose_code(const M2mDevice& device, const EncoderSetup& setup, InputShape shape) {
  const Layout& picture = setup.picture.layout;
  for (const Fourcc code : v4l2::driver_codes(picture.fourcc)) {
    if (has_format(device, code) && suits(code, picture, shape)) return code;
  }
  std::string names;
  for (const DeviceFormat& format : device.device.output_formats) {
    names += (names.empty() ? "" : " ") + format.fourcc.to_string();
  }
  return unfit(device, setup, names);
}

Result<void> set_coded_format(const M2mDevice& device, const EncoderSetup& setup) {
  constexpr std::uint32_t kLeastBytes = 1U << 20;
  DriverFormat coded{.pixel_format = setup.options.codec,
                     .width_px = setup.width_px,
                     .height_px = setup.height_px,
                     .plane_count = 1};
  coded.planes[0].size_bytes = std::max(kLeastBytes, setup.width_px * setup.height_px);
  VSL_CHECK(v4l2::set_format(device.capture, coded));
  return {};
}

DriverFormat input_format(const EncoderSetup& setup, Fourcc code, InputShape shape) {
  const Layout& picture = setup.picture.layout;
  if (shape == InputShape::part) {
    return {.pixel_format = code, .width_px = setup.width_px, .height_px = setup.height_px};
  }
  DriverFormat format{.pixel_format = code,
                      .width_px = picture.width_px,
                      .height_px = picture.height_px,
                      .plane_count = picture.buffer_count};
  for (std::uint32_t i = 0; i < picture.buffer_count; ++i) {
    format.planes[i].stride_bytes = picture.planes[i].stride_bytes;
  }
  return format;
}

}  // namespace

std::optional<Rect> select_part(const M2mDevice& device, const Rect& part) {
  v4l2_selection selection{};
  selection.type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
  selection.target = V4L2_SEL_TGT_CROP;
  selection.r = {part.x, part.y, static_cast<std::uint32_t>(part.width),
                 static_cast<std::uint32_t>(part.height)};
  if (v4l2::call(device.fd.get(), VIDIOC_S_SELECTION, &selection) < 0) return std::nullopt;
  const v4l2_rect& set = selection.r;
  return Rect{set.left, set.top, static_cast<std::int32_t>(set.width),
              static_cast<std::int32_t>(set.height)};
}

Result<Agreement> agree_on_input(const M2mDevice& device, const EncoderSetup& setup,
                                 InputShape shape) {
  VSL_TRY(const Fourcc code, choose_code(device, setup, shape));
  VSL_CHECK(set_coded_format(device, setup));
  VSL_TRY(const auto driver, v4l2::set_format(device.output, input_format(setup, code, shape)));
  if (driver.pixel_format != code || driver.width_px < setup.width_px ||
      driver.height_px < setup.height_px) {
    return unfit(
        device, setup,
        driver.pixel_format.to_string() + " up to " + size_text(driver.width_px, driver.height_px));
  }
  VSL_TRY(auto input, v4l2::agreement_on(device.output, driver, setup.picture.layout.fourcc,
                                         /*coded=*/false));
  // Drivers round sizes up; those that cannot crop have to fit as they are.
  const Rect part{0, 0, static_cast<std::int32_t>(setup.width_px),
                  static_cast<std::int32_t>(setup.height_px)};
  const Rect set = select_part(device, part)
                       .value_or(Rect{0, 0, static_cast<std::int32_t>(driver.width_px),
                                      static_cast<std::int32_t>(driver.height_px)});
  if (set == part) return input;
  return unfit(
      device, setup,
      size_text(static_cast<std::uint32_t>(set.width), static_cast<std::uint32_t>(set.height)));
}

}  // namespace vsl::codec::m2m
