// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "videostream/frame.hpp"

/// What vivid's colour bars look like in memory, worked out from the definitions of the formats and
/// of BT.601, not with the library's own tables.
namespace vsl::lab {

/// Where a component of a pixel lies: its plane, and for groups of pixels that share bytes how many
/// they are, the bytes of a group, the place in it, and the picture rows that share one.
struct Component {
  int plane, place;
  unsigned group_px = 1, group_bytes = 1, rows = 1;
};

enum class Colors { yuv, rgb, grey };

struct KnownFormat {
  std::string code;  ///< V4L2's
  Colors colors;
  std::vector<Component> components;  ///< Y U V, or R G B, or Y
};

inline std::vector<KnownFormat> single_planar_formats() {
  const auto packed = [](int r, int g, int b, unsigned bytes) {
    return std::vector<Component>{{0, r, 1, bytes}, {0, g, 1, bytes}, {0, b, 1, bytes}};
  };
  const auto pairs = [](int y, int u, int v) {
    return std::vector<Component>{{0, y, 1, 2}, {0, u, 2, 4}, {0, v, 2, 4}};
  };
  const auto semi = [](int u, int v, unsigned x, unsigned y) {
    return std::vector<Component>{{0, 0}, {1, u, x, 2, y}, {1, v, x, 2, y}};
  };
  const auto planar = [](int u, int v, unsigned x, unsigned y) {
    return std::vector<Component>{{0, 0}, {u, 0, x, 1, y}, {v, 0, x, 1, y}};
  };
  return {
      {"YUYV", Colors::yuv, pairs(0, 1, 3)},
      {"UYVY", Colors::yuv, pairs(1, 0, 2)},
      {"YVYU", Colors::yuv, pairs(0, 3, 1)},
      {"VYUY", Colors::yuv, pairs(1, 2, 0)},
      {"NV12", Colors::yuv, semi(0, 1, 2, 2)},
      {"NV21", Colors::yuv, semi(1, 0, 2, 2)},
      {"NV16", Colors::yuv, semi(0, 1, 2, 1)},
      {"NV61", Colors::yuv, semi(1, 0, 2, 1)},
      {"NV24", Colors::yuv, semi(0, 1, 1, 1)},
      {"NV42", Colors::yuv, semi(1, 0, 1, 1)},
      {"YU12", Colors::yuv, planar(1, 2, 2, 2)},
      {"YV12", Colors::yuv, planar(2, 1, 2, 2)},
      {"422P", Colors::yuv, planar(1, 2, 2, 1)},
      {"GREY", Colors::grey, {{0, 0}}},
      {"RGB3", Colors::rgb, packed(0, 1, 2, 3)},
      {"BGR3", Colors::rgb, packed(2, 1, 0, 3)},
      {"AR24", Colors::rgb, packed(2, 1, 0, 4)},
      {"XR24", Colors::rgb, packed(2, 1, 0, 4)},
      {"AB24", Colors::rgb, packed(0, 1, 2, 4)},
      {"BA24", Colors::rgb, packed(1, 2, 3, 4)},
      {"RA24", Colors::rgb, packed(3, 2, 1, 4)},
      {"RGB4", Colors::rgb, packed(1, 2, 3, 4)},
      {"BGR4", Colors::rgb, packed(2, 1, 0, 4)},
      // Bayer: of each square of four pixels one is red, two are green, one is blue.
      {"RGGB", Colors::rgb, {{0, 0, 2, 2}, {0, 1, 2, 2}, {0, -1, 2, 2}}},
  };
}

/// Those that lie in several buffers.
inline std::vector<KnownFormat> multi_planar_formats() {
  auto formats = single_planar_formats();
  const auto as = [&](const std::string& code, const std::string& like) {
    for (const KnownFormat& format : single_planar_formats()) {
      if (format.code == like) formats.push_back({code, format.colors, format.components});
    }
  };
  as("NM12", "NV12");
  as("NM21", "NV21");
  as("NM16", "NV16");
  as("NM61", "NV61");
  as("YM12", "YU12");
  as("YM21", "YV12");
  as("YM16", "422P");
  return formats;
}

using Triple = std::array<int, 3>;

inline constexpr int kBars = 8;

/// White, yellow, cyan, green, magenta, red, blue, black at 100 %.
inline Triple bar_rgb(int bar) {
  const int bits = 7 - bar;  // green, red, blue
  return {(bits & 2) != 0 ? 255 : 0, (bits & 4) != 0 ? 255 : 0, (bits & 1) != 0 ? 255 : 0};
}

/// BT.601, limited range.
inline Triple bar_yuv(int bar) {
  const Triple rgb = bar_rgb(bar);
  const double r = rgb[0] / 255.0, g = rgb[1] / 255.0, b = rgb[2] / 255.0;
  const double y = 0.299 * r + 0.587 * g + 0.114 * b;
  const auto round = [](double value) { return static_cast<int>(std::lround(value)); };
  return {round(16 + 219 * y), round(128 + 224 * (b - y) / 1.772),
          round(128 + 224 * (r - y) / 1.402)};
}

/// The byte of a component at a pixel; nothing when it is not in the plane.
inline std::optional<int> sample(std::span<const std::byte> plane, unsigned stride_bytes,
                                 const Component& component, unsigned x, unsigned y) {
  unsigned place = static_cast<unsigned>(component.place);
  unsigned row = y / component.rows;
  if (component.place < 0) {  // Bayer's blue: beside the green of the next row
    row |= 1;
    place = 1;
  } else if (component.group_px == 2 && component.group_bytes == 2 && component.plane == 0) {
    row &= ~1U;
  }
  const std::size_t at =
      std::size_t{row} * stride_bytes + x / component.group_px * component.group_bytes + place;
  if (at >= plane.size()) return std::nullopt;
  return static_cast<int>(plane[at]);
}

inline bool close_to(int a, int b) { return std::abs(a - b) <= 2; }

/// vivid makes grey pictures by BT.709, over the whole range of a byte.
inline Triple bar_grey(int bar) {
  const Triple rgb = bar_rgb(bar);
  return {static_cast<int>(std::lround(0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]))};
}

inline Triple bar_colors(Colors colors, int bar) {
  if (colors == Colors::rgb) return bar_rgb(bar);
  return colors == Colors::yuv ? bar_yuv(bar) : bar_grey(bar);
}

/// What is wrong with colour bars; empty when every bar has its colour in every component, near its
/// edges and its middle, at the top, in the middle and at the bottom. `mirrored`: from the right.
template <class PlaneAt>
std::string check_bars(const Layout& layout, const KnownFormat& format, PlaneAt&& plane_at,
                       bool mirrored = false) {
  const unsigned bar_px = layout.width_px / kBars;
  for (int bar = 0; bar < kBars; ++bar) {
    const int shown = mirrored ? kBars - 1 - bar : bar;
    const Triple wanted = bar_colors(format.colors, shown);
    for (const unsigned x : {bar_px / 8, bar_px / 2, bar_px - bar_px / 8}) {
      for (const unsigned y : {0U, layout.height_px / 2, layout.height_px - 1}) {
        for (std::size_t i = 0; i < format.components.size(); ++i) {
          const Component& component = format.components[i];
          const auto plane = static_cast<std::size_t>(component.plane);
          const auto value = sample(plane_at(plane), layout.planes[plane].stride_bytes, component,
                                    static_cast<unsigned>(bar) * bar_px + x, y);
          if (value && close_to(*value, wanted[i])) continue;
          return format.code + ": bar " + std::to_string(bar) + ", pixel " + std::to_string(x) +
                 " of it, row " + std::to_string(y) + ", component " + std::to_string(i) +
                 (value ? " is " + std::to_string(*value) : std::string(" is outside")) + ", not " +
                 std::to_string(wanted[i]);
        }
      }
    }
  }
  return {};
}

inline std::string check_bars(Frame& frame, const KnownFormat& format, bool mirrored = false) {
  return check_bars(
      frame.info().layout, format, [&](std::size_t plane) { return frame.plane(plane); }, mirrored);
}

}  // namespace vsl::lab
