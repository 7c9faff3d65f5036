// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>

#include "convert/backend.hpp"

// What libyuv has no function for: matrices on the way to luma and chroma, changes of matrix or
// range, samples of more than 8 bits. Plain loops that compilers vectorise.

namespace vsl::convert {

/// A 3 × 3 matrix and what is added, in 1/65536.
struct ColorMatrix {
  std::array<std::array<std::int32_t, 3>, 3> factors;
  std::array<std::int32_t, 3> offsets;
};

/// From R, G, B to Y, Cb, Cr.
ColorMatrix rgb_to_yuv(ColorSpace space);
/// From Y, Cb, Cr to Y, Cb, Cr.
ColorMatrix yuv_to_yuv(ColorSpace from, ColorSpace to);

/// Three planes of equal size.
struct ThreePlanes {
  std::array<std::uint8_t*, 3> planes;
  std::array<int, 3> strides_bytes;
};

/// `bgra` to three planes.
void apply(const ColorMatrix& matrix, const std::uint8_t* bgra, int stride_bytes,
           const ThreePlanes& to, int width, int height);
/// Three planes in place.
void apply(const ColorMatrix& matrix, const ThreePlanes& planes, int width, int height);
/// The first row of the matrix alone: `bgra` to luma.
void luma_of(const ColorMatrix& matrix, const std::uint8_t* bgra, int stride_bytes,
             std::uint8_t* to, int to_stride_bytes, int width, int height);
/// Luma alone between ranges, in place.
void change_range(bool to_full, std::uint8_t* luma, int stride_bytes, int width, int height);

/// Luma, or chroma, of limited range to full range.
void stretch(bool chroma, const std::uint8_t* from, int stride_bytes, std::uint8_t* to,
             int to_stride_bytes, int width, int height);

/// Samples of `bits` in two bytes to 8 bits, the upper ones.
void narrow(const std::uint8_t* from, int stride_bytes, int bits, bool high_bits, std::uint8_t* to,
            int to_stride_bytes, int width, int height);
/// 8 bits to samples of `bits`. `full`: 255 becomes all ones; otherwise zeros are added below.
void widen(const std::uint8_t* from, int stride_bytes, int bits, bool high_bits, bool full,
           std::uint8_t* to, int to_stride_bytes, int width, int height);

}  // namespace vsl::convert
