// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "videostream/fourcc.hpp"

namespace vsl {

/// What the numbers of a pixel stand for.
enum class ColorModel : std::uint8_t { rgb, grey, bayer, yuv };

/// How the components of a pixel lie in memory: RGB by its bytes in memory order (`rgb24` is R, G,
/// B), 16-bit RGB by what the high bits of the word hold.
enum class Arrangement : std::uint8_t {
  bgra,
  rgba,
  argb,
  abgr,
  rgb24,
  bgr24,
  rgb565,
  rgb565_big_endian,
  bgr565,
  samples,      ///< one component: grey and Bayer
  yuyv,         ///< 4:2:2 in one plane, luma first
  uyvy,         ///< the same, chroma first
  semi_planar,  ///< luma, and a plane of chroma pairs
  planar,       ///< luma, and two planes of chroma
};

/// Where the components of an uncompressed format are. Where its planes are: format_table.hpp.
struct Components {
  Fourcc fourcc;
  ColorModel model = ColorModel::rgb;
  Arrangement arrangement = Arrangement::bgra;
  bool alpha = false;        ///< the fourth byte is opacity and not padding
  bool v_first = false;      ///< Cr before Cb
  std::uint8_t bits = 8;     ///< of a sample; above 8 it has two bytes, little-endian
  bool high_bits = false;    ///< the sample is at the top of its two bytes, not at the bottom
  std::uint8_t shift_x = 0;  ///< 2^shift_x pixels of a row share a chroma sample
  std::uint8_t shift_y = 0;  ///< and so do as many rows
  std::uint8_t red_x = 0;    ///< Bayer: where red is in each 2 × 2 pixels; blue is opposite
  std::uint8_t red_y = 0;

  constexpr std::uint8_t sample_bytes() const { return bits > 8 ? 2 : 1; }
};

/// Known for every format of the format table; nullptr for others.
const Components* find_components(Fourcc fourcc) noexcept;

}  // namespace vsl
