// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "media/components.hpp"

#include <algorithm>
#include <array>

namespace vsl {
namespace {

constexpr bool kAlpha = true, kVFirst = true;

constexpr Components rgb(const char (&code)[5], Arrangement arrangement, bool alpha = false) {
  return {
      .fourcc = fourcc(code), .model = ColorModel::rgb, .arrangement = arrangement, .alpha = alpha};
}

constexpr Components grey(const char (&code)[5], std::uint8_t bits) {
  return {.fourcc = fourcc(code),
          .model = ColorModel::grey,
          .arrangement = Arrangement::samples,
          .bits = bits};
}

constexpr Components bayer(const char (&code)[5], std::uint8_t bits, std::uint8_t red_x,
                           std::uint8_t red_y) {
  return {.fourcc = fourcc(code),
          .model = ColorModel::bayer,
          .arrangement = Arrangement::samples,
          .bits = bits,
          .red_x = red_x,
          .red_y = red_y};
}

constexpr Components yuv(const char (&code)[5], Arrangement arrangement, std::uint8_t shift_x,
                         std::uint8_t shift_y, bool v_first = false) {
  return {.fourcc = fourcc(code),
          .model = ColorModel::yuv,
          .arrangement = arrangement,
          .v_first = v_first,
          .shift_x = shift_x,
          .shift_y = shift_y};
}

constexpr Components p010() {
  Components components = yuv("P010", Arrangement::semi_planar, 1, 1);
  components.bits = 10;
  components.high_bits = true;
  return components;
}

using A = Arrangement;

// Sources: linux/videodev2.h for its codes (RGB4 and BGR4 have no opacity anybody can rely on),
// drm_fourcc.h for AR24 and its like, whose letters name a little-endian word from the top, and
// GStreamer's letters, which name bytes in memory order.
constexpr auto kUnsorted = std::to_array<Components>({
    rgb("RGBA", A::rgba, kAlpha),
    rgb("RGBX", A::rgba),
    rgb("BGRA", A::bgra, kAlpha),
    rgb("BGRX", A::bgra),
    rgb("RGBx", A::rgba),
    rgb("BGRx", A::bgra),
    rgb("xRGB", A::argb),
    rgb("xBGR", A::abgr),
    rgb("ARGB", A::argb, kAlpha),
    rgb("ABGR", A::abgr, kAlpha),
    rgb("RGB4", A::argb),
    rgb("BGR4", A::bgra),
    rgb("AR24", A::bgra, kAlpha),
    rgb("XR24", A::bgra),
    rgb("AB24", A::rgba, kAlpha),
    rgb("XB24", A::rgba),
    rgb("RA24", A::abgr, kAlpha),
    rgb("RX24", A::abgr),
    rgb("BA24", A::argb, kAlpha),
    rgb("BX24", A::argb),
    rgb("RGB3", A::rgb24),
    rgb("BGR3", A::bgr24),
    rgb("RG24", A::bgr24),
    rgb("BG24", A::rgb24),
    rgb("RGBP", A::rgb565),
    rgb("RGBR", A::rgb565_big_endian),
    rgb("RG16", A::rgb565),
    rgb("BG16", A::bgr565),
    grey("GREY", 8),
    grey("Y800", 8),
    grey("R8  ", 8),
    grey("Y10 ", 10),
    grey("Y12 ", 12),
    grey("Y14 ", 14),
    grey("Y16 ", 16),
    grey("Z16 ", 16),
    bayer("RGGB", 8, 0, 0),
    bayer("GRBG", 8, 1, 0),
    bayer("GBRG", 8, 0, 1),
    bayer("BA81", 8, 1, 1),
    bayer("RG10", 10, 0, 0),
    bayer("BA10", 10, 1, 0),
    bayer("GB10", 10, 0, 1),
    bayer("BG10", 10, 1, 1),
    bayer("RG12", 12, 0, 0),
    bayer("BA12", 12, 1, 0),
    bayer("GB12", 12, 0, 1),
    bayer("BG12", 12, 1, 1),
    bayer("GR16", 16, 1, 0),
    bayer("GB16", 16, 0, 1),
    bayer("BYR2", 16, 1, 1),
    yuv("YUYV", A::yuyv, 1, 0),
    yuv("YUY2", A::yuyv, 1, 0),
    yuv("YVYU", A::yuyv, 1, 0, kVFirst),
    yuv("UYVY", A::uyvy, 1, 0),
    yuv("VYUY", A::uyvy, 1, 0, kVFirst),
    yuv("NV12", A::semi_planar, 1, 1),
    yuv("NV21", A::semi_planar, 1, 1, kVFirst),
    yuv("NV16", A::semi_planar, 1, 0),
    yuv("NV61", A::semi_planar, 1, 0, kVFirst),
    yuv("NV24", A::semi_planar, 0, 0),
    yuv("NV42", A::semi_planar, 0, 0, kVFirst),
    p010(),
    yuv("I420", A::planar, 1, 1),
    yuv("YU12", A::planar, 1, 1),
    yuv("YV12", A::planar, 1, 1, kVFirst),
    yuv("Y42B", A::planar, 1, 0),
    yuv("422P", A::planar, 1, 0),
    yuv("YU16", A::planar, 1, 0),
    yuv("YV16", A::planar, 1, 0, kVFirst),
    yuv("YU24", A::planar, 0, 0),
    yuv("YV24", A::planar, 0, 0, kVFirst),
});

constexpr bool before(const Components& a, const Components& b) { return a.fourcc < b.fourcc; }

constexpr auto kComponents = [] {
  auto sorted = kUnsorted;
  std::sort(sorted.begin(), sorted.end(), before);
  return sorted;
}();

}  // namespace

const Components* find_components(Fourcc fourcc) noexcept {
  const auto found = std::lower_bound(kComponents.begin(), kComponents.end(),
                                      Components{.fourcc = fourcc}, before);
  return found != kComponents.end() && found->fourcc == fourcc ? &*found : nullptr;
}

}  // namespace vsl
