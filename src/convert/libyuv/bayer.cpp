// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/libyuv/bayer.hpp"

#include <cstddef>

#include "convert/libyuv/matrix.hpp"

namespace vsl::convert {
namespace {

// Of -1 and `size`, and of nothing else, the pixel on the other side of the edge: it has the same
// colour. A picture of one pixel has no other side.
int mirrored(int at, int size) {
  if (at < 0) at = 1;
  if (at >= size) at = size - 2;
  return at < 0 || at >= size ? 0 : at;
}

struct Samples {
  const std::uint8_t* memory;
  int stride_bytes, width, height;
  const std::uint8_t* row(int y) const {
    return memory + std::ptrdiff_t{mirrored(y, height)} * stride_bytes;
  }
};

struct Neighbourhood {
  int own, sides, above_below, corners;
};

Neighbourhood around(const std::uint8_t* above, const std::uint8_t* here, const std::uint8_t* below,
                     int x, int width) {
  const int left = mirrored(x - 1, width), right = mirrored(x + 1, width);
  return {here[x], (here[left] + here[right] + 1) / 2, (above[x] + below[x] + 1) / 2,
          (above[left] + above[right] + below[left] + below[right] + 2) / 4};
}

// `red_row`: whether red is in this row; `red_column` likewise.
void write_pixel(std::uint8_t* bgra, const Neighbourhood& n, bool red_row, bool red_column) {
  int red = n.own, green = n.own, blue = n.own;
  if (red_row == red_column) {
    green = (n.sides + n.above_below + 1) / 2;
    (red_row ? blue : red) = n.corners;
  } else {
    red = red_row ? n.sides : n.above_below;
    blue = red_row ? n.above_below : n.sides;
  }
  bgra[0] = static_cast<std::uint8_t>(blue);
  bgra[1] = static_cast<std::uint8_t>(green);
  bgra[2] = static_cast<std::uint8_t>(red);
  bgra[3] = 255;
}

Samples eight_bits(const Source& from, Scratch& scratch) {
  const Components& components = *from.components;
  if (components.bits == 8) {
    return {from.planes[0], from.strides_bytes[0], from.width_px, from.height_px};
  }
  std::uint8_t* own = scratch.take(std::size_t(from.width_px) * std::size_t(from.height_px));
  narrow(from.planes[0], from.strides_bytes[0], components.bits, components.high_bits, own,
         from.width_px, from.width_px, from.height_px);
  return {own, from.width_px, from.width_px, from.height_px};
}

}  // namespace

Bgra load_bayer(const Source& from, const Rect& crop, Scratch& scratch) {
  const Components& components = *from.components;
  const Samples samples = eight_bits(from, scratch);
  const int stride = 4 * crop.width;
  std::uint8_t* const own = scratch.take(std::size_t{4} * crop.width * crop.height);
  for (int row = 0; row < crop.height; ++row) {
    const int y = crop.y + row;
    const std::uint8_t *above = samples.row(y - 1), *here = samples.row(y),
                       *below = samples.row(y + 1);
    std::uint8_t* out = own + std::ptrdiff_t{row} * stride;
    for (int column = 0; column < crop.width; ++column) {
      const int x = crop.x + column;
      write_pixel(out + 4 * column, around(above, here, below, x, samples.width),
                  y % 2 == components.red_y, x % 2 == components.red_x);
    }
  }
  return {own, stride, crop.width, crop.height};
}

void store_bayer(const Bgra& from, const Target& to, int first_row) {
  const Components& components = *to.components;
  for (int row = 0; row < from.height; ++row) {
    const int y = first_row + row;
    std::uint8_t* const out = to.planes[0] + std::ptrdiff_t{y} * to.strides_bytes[0];
    // Of wider samples the 8 bits are made in the second half of their row.
    std::uint8_t* const eight = components.bits == 8 ? out : out + from.width;
    const std::uint8_t* const pixels = from.pixels + std::ptrdiff_t{row} * from.stride_bytes;
    for (int x = 0; x < from.width; ++x) {
      // 0, 1, 2: blue, green, red
      const int channel = (y % 2 == components.red_y) + (x % 2 == components.red_x);
      eight[x] = pixels[4 * x + channel];
    }
    if (eight == out) continue;
    widen(eight, 0, components.bits, components.high_bits, true, out, 0, from.width, 1);
  }
}

}  // namespace vsl::convert
