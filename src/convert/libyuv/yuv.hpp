// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>

#include "convert/backend.hpp"
#include "convert/libyuv/rgb.hpp"
#include "convert/libyuv/scratch.hpp"

namespace vsl::convert {

/// Luma and chroma of 8 bits: chroma in two planes, or in pairs, or none (grey).
struct Yuv {
  struct Plane {
    const std::uint8_t* samples = nullptr;
    int stride_bytes = 0;
  };
  int width = 0, height = 0;
  int shift_x = 0, shift_y = 0;
  Plane y;
  std::array<Plane, 2> chroma{};  ///< Cb, Cr
  Plane pairs{};                  ///< instead of them
  bool v_first = false;           ///< pairs are Cr, Cb

  bool is_grey() const { return chroma[0].samples == nullptr && pairs.samples == nullptr; }
  int chroma_width() const { return (width + (1 << shift_x) - 1) >> shift_x; }
  int chroma_height() const { return (height + (1 << shift_y) - 1) >> shift_y; }
};

/// The crop of a YUV or grey source. Samples stay where they are when they can. A crop that begins
/// between two chroma samples gets chroma for every pixel.
Yuv load_yuv(const Source& from, const Rect& crop, Scratch& scratch);
/// At another size, subsampled as before.
Yuv scale(const Yuv& from, int width, int height, Scratch& scratch);
/// To a YUV or grey target, scaled to its size and subsampling.
void store_yuv(const Yuv& from, const Target& to, Scratch& scratch);
/// The same in memory of its own, with chroma for every pixel.
struct Writable444 {
  std::array<std::uint8_t*, 3> planes;
  int stride_bytes;
  Yuv view;
};
Writable444 full_chroma(const Yuv& from, int width, int height, Scratch& scratch);
Writable444 empty_444(int width, int height, Scratch& scratch);

/// To RGB or Bayer of the same size.
void store_as_rgb(const Yuv& from, ColorSpace space, const Target& to, Scratch& scratch);

}  // namespace vsl::convert
