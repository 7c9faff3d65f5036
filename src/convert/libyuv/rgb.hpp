// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "convert/backend.hpp"
#include "convert/libyuv/scratch.hpp"

namespace vsl::convert {

/// B, G, R and opacity in memory order: what libyuv calls ARGB, and can turn into anything.
struct Bgra {
  const std::uint8_t* pixels = nullptr;
  int stride_bytes = 0;
  int width = 0, height = 0;
};

/// The crop of an RGB or Bayer source; its own memory where it is such already. Opacity is 255
/// where the source has none.
Bgra load_rgb(const Source& from, const Rect& crop, Scratch& scratch);
/// Whether libyuv's scalers of pairs and of Bgra end in an assertion: by 4 across and by 6, 10, 14
/// … down. Halved first, it is by 2 and by an odd number. Source: libyuv's scale_argb.cc,
/// ScaleARGBDown4Box(); scale_uv.cc, ScaleUVDown4Box().
constexpr bool aborts_libyuv(int width, int height, int to_width, int to_height) {
  const int down = height / to_height;
  return width == 4 * to_width && height % to_height == 0 && down > 2 && down % 4 == 2;
}
/// At another size, averaged down and interpolated up.
Bgra scale(const Bgra& from, int width, int height, Scratch& scratch);
/// To an RGB or Bayer target of this size, from row `first_row` of it on.
void store_rgb(const Bgra& from, const Target& to, int first_row);

}  // namespace vsl::convert
