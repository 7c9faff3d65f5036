// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/format_table.hpp"

#include <algorithm>

namespace vsl {
namespace {

/// One plane of pixels that stand alone.
constexpr Format pixels(const char (&code)[5], std::uint8_t bytes, std::uint8_t legacy = 0) {
  return {fourcc(code), 1, legacy, {PlaneFormat{1, bytes, 1}}};
}

/// 4:2:2 in one plane: two pixels share four bytes.
constexpr Format pairs(const char (&code)[5]) {
  return {fourcc(code), 1, 4, {PlaneFormat{2, 4, 1}}};
}

/// A luma plane and one of chroma pairs; `x` × `y` pixels share a pair.
constexpr Format semi_planar(const char (&code)[5], std::uint8_t sample_bytes, std::uint8_t x,
                             std::uint8_t y, std::uint8_t legacy = 0) {
  const auto pair_bytes = static_cast<std::uint8_t>(2 * sample_bytes);
  return {fourcc(code), 2, legacy, {PlaneFormat{1, sample_bytes, 1}, {x, pair_bytes, y}}};
}

/// A luma plane and two of one chroma component each, 8 bits a sample.
constexpr Format planar(const char (&code)[5], std::uint8_t x, std::uint8_t y,
                        std::uint8_t legacy = 0) {
  return {fourcc(code), 3, legacy, {PlaneFormat{1, 1, 1}, {x, 1, y}, {x, 1, y}}};
}

// Codes are those of linux/videodev2.h and drm_fourcc.h, the letters GStreamer uses, and those of
// release 2.5. Where two of them give one code different meanings (RG16 is RGB 5:6:5 for DRM and a
// 16-bit Bayer pattern for V4L2) the bytes are the same.
constexpr auto kUnsorted = std::to_array<Format>({
    // 32 bits: bytes in the order of the letters; x is padding
    pixels("RGBA", 4, 8),
    pixels("RGBX", 4, 8),
    pixels("BGRA", 4, 8),
    pixels("BGRX", 4, 8),
    pixels("RGBx", 4),
    pixels("BGRx", 4),
    pixels("xRGB", 4),
    pixels("xBGR", 4),
    pixels("ARGB", 4),
    pixels("ABGR", 4),
    // 32 bits, V4L2 and DRM
    pixels("RGB4", 4),
    pixels("BGR4", 4),
    pixels("AR24", 4),
    pixels("XR24", 4),
    pixels("AB24", 4),
    pixels("XB24", 4),
    pixels("RA24", 4),
    pixels("RX24", 4),
    pixels("BA24", 4),
    pixels("BX24", 4),
    // 24 and 16 bits
    pixels("RGB3", 3, 6),
    pixels("BGR3", 3, 6),
    pixels("RG24", 3),
    pixels("BG24", 3),
    pixels("RGBP", 2),
    pixels("RGBR", 2),
    pixels("RG16", 2),
    pixels("BG16", 2),
    // grey
    pixels("GREY", 1),
    pixels("Y800", 1),
    pixels("R8  ", 1),
    pixels("Y10 ", 2),
    pixels("Y12 ", 2),
    pixels("Y14 ", 2),
    pixels("Y16 ", 2),
    pixels("Z16 ", 2),
    // Bayer: 8 bits, then 10, 12 and 16 bits in two bytes
    pixels("RGGB", 1),
    pixels("GRBG", 1),
    pixels("GBRG", 1),
    pixels("BA81", 1),
    pixels("RG10", 2),
    pixels("BA10", 2),
    pixels("GB10", 2),
    pixels("BG10", 2),
    pixels("RG12", 2),
    pixels("BA12", 2),
    pixels("GB12", 2),
    pixels("BG12", 2),
    pixels("GR16", 2),
    pixels("GB16", 2),
    pixels("BYR2", 2),
    // YUV 4:2:2 in one plane
    pairs("YUYV"),
    pairs("YUY2"),
    pairs("YVYU"),
    pairs("UYVY"),
    pairs("VYUY"),
    // YUV, chroma in pairs
    semi_planar("NV12", 1, 2, 2, 3),
    semi_planar("NV21", 1, 2, 2, 3),
    // release 2.5 took 1.5 bytes for these two, which loses a quarter of the picture
    semi_planar("NV16", 1, 2, 1, 4),
    semi_planar("NV61", 1, 2, 1, 4),
    semi_planar("NV24", 1, 1, 1),
    semi_planar("NV42", 1, 1, 1),
    semi_planar("P010", 2, 2, 2),
    // YUV, three planes
    planar("I420", 2, 2, 3),
    planar("YU12", 2, 2),
    planar("YV12", 2, 2, 3),
    planar("Y42B", 2, 1),
    planar("422P", 2, 1),
    planar("YU16", 2, 1),
    planar("YV16", 2, 1),
    planar("YU24", 1, 1),
    planar("YV24", 1, 1),
});

constexpr bool before(const Format& a, const Format& b) { return a.fourcc < b.fourcc; }

constexpr auto kFormats = [] {
  auto sorted = kUnsorted;
  std::sort(sorted.begin(), sorted.end(), before);
  return sorted;
}();

static_assert(std::adjacent_find(kFormats.begin(), kFormats.end(),
                                 [](const Format& a, const Format& b) {
                                   return a.fourcc == b.fourcc;
                                 }) == kFormats.end(),
              "a format is listed twice");

// Source: the coded formats release 2.5 knows. AVC1 is H.264 without start codes, M264 multi-view.
constexpr auto kCompressed = std::to_array<Fourcc>(
    {fourcc("MJPG"), fourcc("JPEG"), fourcc("H264"), fourcc("AVC1"), fourcc("M264"), fourcc("HEVC"),
     fourcc("VP80"), fourcc("VP90"), fourcc("MPG1"), fourcc("MPG2"), fourcc("MPG4")});

}  // namespace

const Format* find_format(Fourcc fourcc) noexcept {
  const auto found =
      std::lower_bound(kFormats.begin(), kFormats.end(), Format{.fourcc = fourcc}, before);
  return found != kFormats.end() && found->fourcc == fourcc ? &*found : nullptr;
}

const Format* row_format(const Layout& layout) noexcept {
  constexpr std::uint64_t kLinear = 0;
  return layout.modifier == kLinear ? find_format(layout.fourcc) : nullptr;
}

bool is_compressed(Fourcc fourcc) noexcept {
  return std::find(kCompressed.begin(), kCompressed.end(), fourcc) != kCompressed.end();
}

std::uint64_t legacy_stride_bytes(Fourcc fourcc, std::uint32_t width_px) noexcept {
  const Format* format = find_format(fourcc);
  if (format == nullptr) return 0;
  return std::uint64_t{width_px} * format->legacy_half_bytes / 2;
}

}  // namespace vsl
