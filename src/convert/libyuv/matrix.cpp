// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/libyuv/matrix.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace vsl::convert {
namespace {

constexpr int kOne = 1 << 16, kHalf = kOne / 2;

struct Weights {
  double red, blue;
};

// ITU-R BT.601-7 2.5.1, BT.709-6 3.2, BT.2020-2 table 4.
Weights weights_of(Matrix matrix) {
  switch (matrix) {
    case Matrix::bt709:
      return {0.2126, 0.0722};
    case Matrix::bt2020:
      return {0.2627, 0.0593};
    case Matrix::bt601:
      break;
  }
  return {0.299, 0.114};
}

using Square = std::array<std::array<double, 3>, 3>;

struct Scales {
  double luma, chroma, black;
};

Scales scales_of(bool full) {
  if (full) return {1, 1, 0};
  return {219.0 / 255, 224.0 / 255, 16};
}

// From R, G, B of 0 … 255 to Y of 0 … 255 and Cb, Cr of -127.5 … 127.5.
Square forward(Matrix matrix) {
  const auto [red, blue] = weights_of(matrix);
  const double green = 1 - red - blue;
  const double u = 0.5 / (1 - blue), v = 0.5 / (1 - red);
  return {{{red, green, blue},
           {-red * u, -green * u, (1 - blue) * u},
           {(1 - red) * v, -green * v, -blue * v}}};
}

Square backward(Matrix matrix) {
  const auto [red, blue] = weights_of(matrix);
  const double green = 1 - red - blue;
  return {{{1, 0, 2 * (1 - red)},
           {1, -2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green},
           {1, 2 * (1 - blue), 0}}};
}

Square product(const Square& a, const Square& b) {
  Square result{};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      for (std::size_t k = 0; k < 3; ++k) result[i][j] += a[i][k] * b[k][j];
    }
  }
  return result;
}

std::int32_t fixed(double value) { return static_cast<std::int32_t>(std::lround(value * kOne)); }

std::uint8_t clamped(std::int32_t fixed_value) {
  return static_cast<std::uint8_t>(std::clamp(fixed_value >> 16, 0, 255));
}

}  // namespace

ColorMatrix rgb_to_yuv(ColorSpace space) {
  const Square square = forward(space.matrix);
  const Scales scales = scales_of(space.full);
  ColorMatrix result{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double scale = i == 0 ? scales.luma : scales.chroma;
    for (std::size_t j = 0; j < 3; ++j) result.factors[i][j] = fixed(square[i][j] * scale);
    result.offsets[i] = fixed(i == 0 ? scales.black : 128) + kHalf;
  }
  return result;
}

ColorMatrix yuv_to_yuv(ColorSpace from, ColorSpace to) {
  const Square square = product(forward(to.matrix), backward(from.matrix));
  const Scales before = scales_of(from.full), after = scales_of(to.full);
  ColorMatrix result{};
  for (std::size_t i = 0; i < 3; ++i) {
    double offset = i == 0 ? after.black : 128;
    for (std::size_t j = 0; j < 3; ++j) {
      const double factor = square[i][j] * (i == 0 ? after.luma : after.chroma) /
                            (j == 0 ? before.luma : before.chroma);
      result.factors[i][j] = fixed(factor);
      offset -= factor * (j == 0 ? before.black : 128);
    }
    result.offsets[i] = fixed(offset) + kHalf;
  }
  return result;
}

void apply(const ColorMatrix& matrix, const std::uint8_t* bgra, int stride_bytes,
           const ThreePlanes& to, int width, int height) {
  const auto [m, offsets] = matrix;
  for (int row = 0; row < height; ++row) {
    const std::uint8_t* from = bgra + std::ptrdiff_t{row} * stride_bytes;
    std::array<std::uint8_t*, 3> out{};
    for (std::size_t i = 0; i < 3; ++i) {
      out[i] = to.planes[i] + std::ptrdiff_t{row} * to.strides_bytes[i];
    }
    for (std::size_t i = 0; i < 3; ++i) {
      for (int x = 0; x < width; ++x) {
        const std::int32_t b = from[4 * x], g = from[4 * x + 1], r = from[4 * x + 2];
        out[i][x] = clamped(m[i][0] * r + m[i][1] * g + m[i][2] * b + offsets[i]);
      }
    }
  }
}

void apply(const ColorMatrix& matrix, const ThreePlanes& planes, int width, int height) {
  const auto [m, offsets] = matrix;
  for (int row = 0; row < height; ++row) {
    std::array<std::uint8_t*, 3> rows{};
    for (std::size_t i = 0; i < 3; ++i) {
      rows[i] = planes.planes[i] + std::ptrdiff_t{row} * planes.strides_bytes[i];
    }
    for (int x = 0; x < width; ++x) {
      const std::int32_t y = rows[0][x], u = rows[1][x], v = rows[2][x];
      for (std::size_t i = 0; i < 3; ++i) {
        rows[i][x] = clamped(m[i][0] * y + m[i][1] * u + m[i][2] * v + offsets[i]);
      }
    }
  }
}

void luma_of(const ColorMatrix& matrix, const std::uint8_t* bgra, int stride_bytes,
             std::uint8_t* to, int to_stride_bytes, int width, int height) {
  const auto& m = matrix.factors[0];
  for (int row = 0; row < height; ++row) {
    const std::uint8_t* from = bgra + std::ptrdiff_t{row} * stride_bytes;
    std::uint8_t* out = to + std::ptrdiff_t{row} * to_stride_bytes;
    for (int x = 0; x < width; ++x) {
      const std::int32_t b = from[4 * x], g = from[4 * x + 1], r = from[4 * x + 2];
      out[x] = clamped(m[0] * r + m[1] * g + m[2] * b + matrix.offsets[0]);
    }
  }
}

void change_range(bool to_full, std::uint8_t* luma, int stride_bytes, int width, int height) {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const double value = static_cast<double>(i);
    const double mapped = to_full ? (value - 16) * 255 / 219 : value * 219 / 255 + 16;
    table[i] = static_cast<std::uint8_t>(std::clamp(std::lround(mapped), 0L, 255L));
  }
  for (int row = 0; row < height; ++row) {
    std::uint8_t* samples = luma + std::ptrdiff_t{row} * stride_bytes;
    for (int x = 0; x < width; ++x) samples[x] = table[samples[x]];
  }
}

void stretch(bool chroma, const std::uint8_t* from, int stride_bytes, std::uint8_t* to,
             int to_stride_bytes, int width, int height) {
  const double factor = chroma ? 255.0 / 224 : 255.0 / 219;
  const std::int32_t multiplier = fixed(factor);
  const std::int32_t offset = fixed(chroma ? 128 - 128 * factor : -16 * factor) + kHalf;
  for (int row = 0; row < height; ++row) {
    const std::uint8_t* in = from + std::ptrdiff_t{row} * stride_bytes;
    std::uint8_t* out = to + std::ptrdiff_t{row} * to_stride_bytes;
    for (int x = 0; x < width; ++x) out[x] = clamped(in[x] * multiplier + offset);
  }
}

// The samples of a caller's picture may lie at odd addresses: they are copied, not cast.
void narrow(const std::uint8_t* from, int stride_bytes, int bits, bool high_bits, std::uint8_t* to,
            int to_stride_bytes, int width, int height) {
  const int shift = high_bits ? 8 : bits - 8;
  for (int row = 0; row < height; ++row) {
    const std::uint8_t* in = from + std::ptrdiff_t{row} * stride_bytes;
    std::uint8_t* out = to + std::ptrdiff_t{row} * to_stride_bytes;
    for (int x = 0; x < width; ++x) {
      std::uint16_t sample = 0;
      std::memcpy(&sample, in + 2 * x, sizeof sample);
      out[x] = static_cast<std::uint8_t>(std::min(sample >> shift, 255));
    }
  }
}

void widen(const std::uint8_t* from, int stride_bytes, int bits, bool high_bits, bool full,
           std::uint8_t* to, int to_stride_bytes, int width, int height) {
  const int unused = high_bits ? 0 : 16 - bits;
  const int mask = high_bits ? 0x10000 - (1 << (16 - bits)) : 0xffff;
  const int factor = full ? 257 : 256;
  for (int row = 0; row < height; ++row) {
    const std::uint8_t* in = from + std::ptrdiff_t{row} * stride_bytes;
    std::uint8_t* out = to + std::ptrdiff_t{row} * to_stride_bytes;
    for (int x = 0; x < width; ++x) {
      const auto sample = static_cast<std::uint16_t>((in[x] * factor & mask) >> unused);
      std::memcpy(out + 2 * x, &sample, sizeof sample);
    }
  }
}

}  // namespace vsl::convert
