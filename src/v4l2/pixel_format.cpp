// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/pixel_format.hpp"

#include <algorithm>
#include <string>

#include "media/format_table.hpp"
#include "media/layout_check.hpp"

namespace vsl::v4l2 {
namespace {

struct SameBytes {
  Fourcc wanted, driver;
};

constexpr SameBytes same(const char (&wanted)[5], const char (&driver)[5]) {
  return {fourcc(wanted), fourcc(driver)};
}

// Source: linux/videodev2.h and the format pages of userspace-api/media/v4l, drm_fourcc.h for DRM's
// codes. For each name the driver's in the order in which they are preferred.
constexpr auto kSameBytes = std::to_array<SameBytes>({
    same("I420", "YU12"), same("Y42B", "422P"), same("YU16", "422P"), same("YUY2", "YUYV"),
    same("Y800", "GREY"), same("R8  ", "GREY"), same("BGRA", "AR24"), same("BGRX", "XR24"),
    same("BGRX", "BGR4"), same("BGRX", "AR24"), same("BGRx", "XR24"), same("BGRx", "BGR4"),
    same("BGRx", "AR24"), same("XR24", "BGR4"), same("BGR4", "XR24"), same("RGBA", "AB24"),
    same("RGBX", "XB24"), same("RGBX", "AB24"), same("RGBx", "XB24"), same("RGBx", "AB24"),
    same("ARGB", "BA24"), same("xRGB", "BX24"), same("xRGB", "RGB4"), same("xRGB", "BA24"),
    same("BX24", "RGB4"), same("RGB4", "BX24"), same("ABGR", "RA24"), same("xBGR", "RX24"),
    same("xBGR", "RA24"), same("RG24", "BGR3"), same("BG24", "RGB3"),
});

// One buffer per plane: the driver's code, and that of the same planes wherever they lie.
constexpr auto kManyBuffers = std::to_array<SameBytes>({
    same("NV12", "NM12"),
    same("NV21", "NM21"),
    same("NV16", "NM16"),
    same("NV61", "NM61"),
    same("YU12", "YM12"),
    same("I420", "YM12"),
    same("YV12", "YM21"),
    same("YU16", "YM16"),
    same("Y42B", "YM16"),
    same("422P", "YM16"),
    same("YV16", "YM61"),
    same("YU24", "YM24"),
    same("YV24", "YM42"),
});

constexpr auto kRgb = std::to_array<Fourcc>({
    fourcc("RGB1"), fourcc("R444"), fourcc("AR12"), fourcc("XR12"), fourcc("RA12"), fourcc("RX12"),
    fourcc("AB12"), fourcc("XB12"), fourcc("GA12"), fourcc("BX12"), fourcc("RGBO"), fourcc("AR15"),
    fourcc("XR15"), fourcc("RA15"), fourcc("RX15"), fourcc("AB15"), fourcc("XB15"), fourcc("BA15"),
    fourcc("BX15"), fourcc("RGBP"), fourcc("RGBQ"), fourcc("RGBR"), fourcc("BGRH"), fourcc("BGR3"),
    fourcc("RGB3"), fourcc("BGR4"), fourcc("AR24"), fourcc("XR24"), fourcc("RA24"), fourcc("RX24"),
    fourcc("RGB4"), fourcc("AB24"), fourcc("XB24"), fourcc("BA24"), fourcc("BX24"), fourcc("BA81"),
    fourcc("GBRG"), fourcc("GRBG"), fourcc("RGGB"), fourcc("BG10"), fourcc("GB10"), fourcc("BA10"),
    fourcc("RG10"), fourcc("BG12"), fourcc("GB12"), fourcc("BA12"), fourcc("RG12"), fourcc("BG14"),
    fourcc("GB14"), fourcc("GR14"), fourcc("RG14"), fourcc("BYR2"), fourcc("GB16"), fourcc("GR16"),
    fourcc("RG16"), fourcc("pBAA"), fourcc("pGAA"), fourcc("pgAA"), fourcc("pRAA"), fourcc("pBCC"),
    fourcc("pGCC"), fourcc("pgCC"), fourcc("pRCC"),
});

// v4l2_fourcc_be: the same letters with this bit set
constexpr std::uint32_t kBigEndianBit = 1U << 31;

Error impossible(const DriverFormat& driver, const std::string& why) {
  return Error::of(std::errc::protocol_error, "use the driver's format " +
                                                  driver.pixel_format.to_string() + " " +
                                                  std::to_string(driver.width_px) + "x" +
                                                  std::to_string(driver.height_px) + ": " + why);
}

/// Chroma rows are to luma rows as their bytes are, padding included.
std::uint32_t stride_like_first(const Format& format, std::size_t plane, std::uint32_t first) {
  const PlaneFormat& luma = format.planes[0];
  const PlaneFormat& other = format.planes[plane];
  const std::uint64_t times = std::uint64_t{other.group_bytes} * luma.group_px;
  const std::uint64_t parts = std::uint64_t{luma.group_bytes} * other.group_px;
  const std::uint64_t stride = (first * times + parts - 1) / parts;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(stride, UINT32_MAX));
}

/// Planes that follow each other in one buffer.
void place_in_one(Layout& layout, const DriverFormat& driver, const Format& format) {
  const std::uint32_t tight = format.planes[0].row_bytes(layout.width_px);
  const std::uint32_t first = driver.planes[0].stride_bytes;
  std::uint64_t offset = 0;
  for (std::size_t i = 0; i < format.plane_count; ++i) {
    const std::uint32_t stride = stride_like_first(format, i, first != 0 ? first : tight);
    layout.planes[i] = {.offset_bytes = offset, .stride_bytes = stride, .buffer = 0};
    offset += std::uint64_t{stride} * format.planes[i].rows(layout.height_px);
  }
}

void place_each(Layout& layout, const DriverFormat& driver, const Format* format) {
  for (std::uint32_t i = 0; i < driver.plane_count; ++i) {
    std::uint32_t stride = driver.planes[i].stride_bytes;
    if (stride == 0 && format != nullptr) stride = format->planes[i].row_bytes(layout.width_px);
    layout.planes[i] = {.offset_bytes = 0, .stride_bytes = stride, .buffer = i};
  }
}

}  // namespace

std::vector<Fourcc> driver_codes(Fourcc wanted) {
  std::vector<Fourcc> codes{wanted};
  for (const SameBytes& pair : kSameBytes) {
    if (pair.wanted == wanted) codes.push_back(pair.driver);
  }
  for (const SameBytes& pair : kManyBuffers) {
    if (pair.wanted == wanted) codes.push_back(pair.driver);
  }
  return codes;
}

Fourcc frame_code(Fourcc driver_code) {
  for (const SameBytes& pair : kManyBuffers) {
    if (pair.driver == driver_code) return pair.wanted;
  }
  return driver_code;
}

bool is_rgb(Fourcc driver_code) {
  const Fourcc plain{driver_code.code & ~kBigEndianBit};
  return std::find(kRgb.begin(), kRgb.end(), plain) != kRgb.end();
}

Result<Layout> layout_of(const DriverFormat& driver, Fourcc fourcc) {
  const std::uint32_t buffers = driver.plane_count;
  if (buffers == 0 || buffers > kMaxPlanes) {
    return impossible(driver, std::to_string(buffers) + " buffers a picture, 1 to 4 are possible");
  }
  if (driver.width_px == 0 || driver.height_px == 0) return impossible(driver, "it has no pixels");
  const Format* format = find_format(fourcc);
  const bool separate = format == nullptr || buffers == format->plane_count;
  if (!separate && buffers != 1) {
    return impossible(driver, std::to_string(buffers) + " buffers for " +
                                  std::to_string(format->plane_count) + " planes");
  }
  Layout layout{
      .fourcc = fourcc, .width_px = driver.width_px, .height_px = driver.height_px, .modifier = 0};
  layout.plane_count = format != nullptr ? format->plane_count : buffers;
  layout.buffer_count = buffers;
  for (std::uint32_t i = 0; i < buffers; ++i) {
    if (driver.planes[i].size_bytes == 0) return impossible(driver, "a buffer of 0 bytes");
    layout.buffer_bytes[i] = driver.planes[i].size_bytes;
  }
  if (separate) {
    place_each(layout, driver, format);
  } else {
    place_in_one(layout, driver, *format);
  }
  const auto checked = check_layout(layout, {layout.buffer_bytes.data(), buffers});
  if (!checked) return impossible(driver, checked.error().where);
  return layout;
}

}  // namespace vsl::v4l2
