// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/colorimetry.hpp"

#include <linux/videodev2.h>

namespace vsl::v4l2 {
namespace {

constexpr std::uint8_t kUnspecified = 2;

/// H.273 table 2. Source: the primaries V4L2's colorspace pages give.
std::uint8_t primaries_of(std::uint32_t colorspace) {
  switch (colorspace) {
    case V4L2_COLORSPACE_REC709:
    case V4L2_COLORSPACE_SRGB:
    case V4L2_COLORSPACE_JPEG:
      return 1;
    case V4L2_COLORSPACE_470_SYSTEM_M:
      return 4;
    case V4L2_COLORSPACE_470_SYSTEM_BG:
      return 5;
    case V4L2_COLORSPACE_SMPTE170M:
    case V4L2_COLORSPACE_BT878:
      return 6;
    case V4L2_COLORSPACE_SMPTE240M:
      return 7;
    case V4L2_COLORSPACE_BT2020:
      return 9;
    case V4L2_COLORSPACE_DCI_P3:
      return 11;
    default:  // opRGB has no code point, raw means what it says
      return kUnspecified;
  }
}

/// H.273 table 3.
std::uint8_t transfer_of(std::uint32_t transfer) {
  switch (transfer) {
    case V4L2_XFER_FUNC_709:
      return 1;
    case V4L2_XFER_FUNC_OPRGB:  // gamma 2.2 within a thousandth
      return 4;
    case V4L2_XFER_FUNC_SMPTE240M:
      return 7;
    case V4L2_XFER_FUNC_NONE:
      return 8;
    case V4L2_XFER_FUNC_SRGB:
      return 13;
    case V4L2_XFER_FUNC_SMPTE2084:
      return 16;
    case V4L2_XFER_FUNC_DCI_P3:
      return 17;
    default:
      return kUnspecified;
  }
}

/// H.273 table 4.
std::uint8_t matrix_of(std::uint32_t encoding) {
  switch (encoding) {
    case V4L2_YCBCR_ENC_709:
    case V4L2_YCBCR_ENC_XV709:
      return 1;
    case V4L2_YCBCR_ENC_601:
    case V4L2_YCBCR_ENC_XV601:
    case V4L2_YCBCR_ENC_SYCC:
      return 6;
    case V4L2_YCBCR_ENC_SMPTE240M:
      return 7;
    case V4L2_YCBCR_ENC_BT2020:
      return 9;
    case V4L2_YCBCR_ENC_BT2020_CONST_LUM:
      return 10;
    default:
      return kUnspecified;
  }
}

std::uint8_t range_of(std::uint32_t quantization) {
  switch (quantization) {
    case V4L2_QUANTIZATION_LIM_RANGE:
      return 1;
    case V4L2_QUANTIZATION_FULL_RANGE:
      return 2;
    default:
      return 0;
  }
}

bool is_hsv(Fourcc code) { return code == fourcc("HSV3") || code == fourcc("HSV4"); }

}  // namespace

Colorimetry colorimetry_of(const DriverFormat& driver) {
  const bool rgb = is_rgb(driver.pixel_format);
  const bool hsv = is_hsv(driver.pixel_format);
  std::uint32_t colorspace = driver.colorspace;
  // Neither standard nor high-definition television: what a webcam is by V4L2's rule.
  if (colorspace == V4L2_COLORSPACE_DEFAULT) {
    colorspace = V4L2_MAP_COLORSPACE_DEFAULT(false, false);
  }
  std::uint32_t transfer = driver.transfer;
  if (transfer == V4L2_XFER_FUNC_DEFAULT) transfer = V4L2_MAP_XFER_FUNC_DEFAULT(colorspace);
  std::uint32_t encoding = driver.encoding;
  if (encoding == V4L2_YCBCR_ENC_DEFAULT) encoding = V4L2_MAP_YCBCR_ENC_DEFAULT(colorspace);
  std::uint32_t range = driver.range;
  if (range == V4L2_QUANTIZATION_DEFAULT) {
    range = V4L2_MAP_QUANTIZATION_DEFAULT(rgb || hsv, colorspace, encoding);
  }
  constexpr std::uint8_t kIdentity = 0;
  std::uint8_t matrix = rgb ? kIdentity : matrix_of(encoding);
  if (hsv) matrix = kUnspecified;
  return {.primaries = primaries_of(colorspace),
          .transfer = transfer_of(transfer),
          .matrix = matrix,
          .range = range_of(range)};
}

}  // namespace vsl::v4l2
