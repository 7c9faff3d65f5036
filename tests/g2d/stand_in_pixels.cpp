// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "tests/g2d/stand_in_pixels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

namespace vsl::g2d_stand_in {
namespace {

/// Letters are bytes in memory order: of a pixel of RGB, of a pair of packed YUV. Otherwise planes:
/// 's' a plane of pairs, 'P' two of samples, in the order of `letters`, shared by 2 × `rows`.
struct Format {
  int code;
  char kind;
  const char* letters;
  int rows = 1;
};
constexpr Format kFormats[] = {
    {1, 'r', "RGBA"},   {2, 'r', "RGB."},   {3, 'r', "BGRA"},   {4, 'r', "BGR."},
    {6, 'r', "ARGB"},   {7, 'r', "ABGR"},   {8, 'r', ".RGB"},   {9, 'r', ".BGR"},
    {10, 'r', "RGB"},   {11, 'r', "BGR"},   {20, 's', "UV", 2}, {21, 'P', "UV", 2},
    {22, 'P', "VU", 2}, {23, 's', "VU", 2}, {24, 'p', "YUYV"},  {25, 'p', "YVYU"},
    {26, 'p', "UYVY"},  {27, 'p', "VYUY"},  {28, 's', "UV"},    {29, 's', "VU"},
};

const Format* find(int code) {
  for (const Format& format : kFormats) {
    if (format.code == code) return &format;
  }
  return nullptr;
}

using Pixel = std::array<double, 4>;  // Y, U, V or R, G, B; and opacity

int index_of(char letter) {
  switch (letter) {
    case 'Y':
    case 'R':
      return 0;
    case 'U':
    case 'G':
      return 1;
    case 'V':
    case 'B':
      return 2;
    case 'A':
      return 3;
    default:
      return -1;
  }
}

const std::uint8_t* chroma_of(const Image& image, const Format& format, int x, int y, int which) {
  const int stride = stride_bytes(image, 1);
  const int row = y / format.rows;
  if (format.kind == 's') return image.planes[1] + row * stride + x / 2 * 2 + which;
  return image.planes[1 + which] + row * stride + x / 2;
}

Pixel read(const Image& image, int x, int y) {
  const Format& format = *find(image.format);
  Pixel pixel{0, 0, 0, 255};
  const int stride = stride_bytes(image, 0);
  const std::uint8_t* const row = image.planes[0] + y * stride;
  if (format.kind == 'r') {
    const auto bytes = static_cast<int>(std::strlen(format.letters));
    for (int i = 0; i < bytes; ++i) {
      const int at = index_of(format.letters[i]);
      if (at >= 0) pixel[static_cast<std::size_t>(at)] = row[x * bytes + i];
    }
  } else if (format.kind == 'p') {
    for (int i = 0; i < 4; ++i) {
      const char letter = format.letters[i];
      if (letter == 'Y' && (i >= 2) != (x % 2 == 1)) continue;
      pixel[static_cast<std::size_t>(index_of(letter))] = row[x / 2 * 4 + i];
    }
  } else {
    pixel[0] = row[x];
    for (int i = 0; i < 2; ++i) {
      pixel[static_cast<std::size_t>(index_of(format.letters[i]))] =
          *chroma_of(image, format, x, y, i);
    }
  }
  return pixel;
}

std::uint8_t byte(double value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

// Chroma of a subsampled target is what was averaged into the pixel before.
void write(const Image& image, int x, int y, const Pixel& pixel) {
  const Format& format = *find(image.format);
  const int stride = stride_bytes(image, 0);
  std::uint8_t* const row = image.planes[0] + y * stride;
  if (format.kind == 'r') {
    const auto bytes = static_cast<int>(std::strlen(format.letters));
    for (int i = 0; i < bytes; ++i) {
      const int at = index_of(format.letters[i]);
      if (at >= 0) row[x * bytes + i] = byte(pixel[static_cast<std::size_t>(at)]);
    }
  } else if (format.kind == 'p') {
    for (int i = 0; i < 4; ++i) {
      const char letter = format.letters[i];
      if (letter == 'Y' && (i >= 2) != (x % 2 == 1)) continue;
      row[x / 2 * 4 + i] = byte(pixel[static_cast<std::size_t>(index_of(letter))]);
    }
  } else {
    row[x] = byte(pixel[0]);
    for (int i = 0; i < 2; ++i) {
      *const_cast<std::uint8_t*>(chroma_of(image, format, x, y, i)) =
          byte(pixel[static_cast<std::size_t>(index_of(format.letters[i]))]);
    }
  }
}

struct Weights {
  double red, blue;
};

Pixel to_rgb(const Pixel& yuv, const Weights& k) {
  const double y = (yuv[0] - 16) * 255 / 219;
  const double r = y + 2 * (1 - k.red) * (yuv[2] - 128) * 255 / 224;
  const double b = y + 2 * (1 - k.blue) * (yuv[1] - 128) * 255 / 224;
  return {r, (y - k.red * r - k.blue * b) / (1 - k.red - k.blue), b, 255};
}

Pixel to_yuv(const Pixel& rgb, const Weights& k) {
  const double y = k.red * rgb[0] + (1 - k.red - k.blue) * rgb[1] + k.blue * rgb[2];
  return {16 + y * 219 / 255, 128 + (rgb[2] - y) / (2 * (1 - k.blue)) * 224 / 255,
          128 + (rgb[0] - y) / (2 * (1 - k.red)) * 224 / 255, 255};
}

struct Place {
  int first, second;
  double part;  ///< of the second
};

// Where in the source a pixel of the target lies.
Place place(int at, int from_first, int from_size, int to_size) {
  const double exact = (at + 0.5) * from_size / to_size - 0.5;
  const double inside = std::clamp(exact, 0.0, from_size - 1.0);
  const int whole = static_cast<int>(inside);
  return {from_first + whole, from_first + std::min(whole + 1, from_size - 1), inside - whole};
}

Pixel mixed(const Pixel& a, const Pixel& b, double part) {
  Pixel pixel{};
  for (std::size_t i = 0; i < pixel.size(); ++i) pixel[i] = a[i] + (b[i] - a[i]) * part;
  return pixel;
}

void share_chroma(std::vector<Pixel>& pixels, int width, int height, int block_rows) {
  for (int y = 0; y < height; y += block_rows) {
    for (int x = 0; x < width; x += 2) {
      double u = 0, v = 0;
      const auto each = [&](auto&& body) {
        for (int row = 0; row < block_rows; ++row) {
          for (int column = 0; column < 2; ++column) {
            body(pixels[static_cast<std::size_t>((y + row) * width + x + column)]);
          }
        }
      };
      each([&](const Pixel& pixel) { u += pixel[1], v += pixel[2]; });
      each([&](Pixel& pixel) { pixel[1] = u / (2 * block_rows), pixel[2] = v / (2 * block_rows); });
    }
  }
}

}  // namespace

int pixel_bytes(int code) {
  const Format* const format = find(code);
  if (format == nullptr) return 0;
  if (format->kind == 'r') return static_cast<int>(std::strlen(format->letters));
  return format->kind == 'p' ? 2 : 1;
}

bool is_yuv(int code) { return find(code)->kind != 'r'; }

int plane_count(int code) {
  const char kind = find(code)->kind;
  return kind == 's' ? 2 : kind == 'P' ? 3 : 1;
}

int stride_bytes(const Image& image, int plane) {
  const int stride = image.stride_px * pixel_bytes(image.format);
  return plane != 0 && find(image.format)->kind == 'P' ? stride / 2 : stride;
}

int row_bytes(const Image& image, int plane) {
  const int bytes = image.width_px * pixel_bytes(image.format);
  return plane != 0 && find(image.format)->kind == 'P' ? bytes / 2 : bytes;
}

int rows(const Image& image, int plane) {
  return plane == 0 ? image.height_px : image.height_px / find(image.format)->rows;
}

void convert(const Image& from, const Image& to, bool bt709) {
  const Weights k = bt709 ? Weights{0.2126, 0.0722} : Weights{0.299, 0.114};
  const int width = to.right - to.left, height = to.bottom - to.top;
  std::vector<Pixel> pixels(static_cast<std::size_t>(width * height));
  for (int y = 0; y < height; ++y) {
    const Place row = place(y, from.top, from.bottom - from.top, height);
    for (int x = 0; x < width; ++x) {
      const Place column = place(x, from.left, from.right - from.left, width);
      const Pixel above = mixed(read(from, column.first, row.first),
                                read(from, column.second, row.first), column.part);
      const Pixel below = mixed(read(from, column.first, row.second),
                                read(from, column.second, row.second), column.part);
      Pixel pixel = mixed(above, below, row.part);
      if (is_yuv(from.format) && !is_yuv(to.format)) pixel = to_rgb(pixel, k);
      if (!is_yuv(from.format) && is_yuv(to.format)) pixel = to_yuv(pixel, k);
      pixels[static_cast<std::size_t>(y * width + x)] = pixel;
    }
  }
  if (is_yuv(to.format)) share_chroma(pixels, width, height, find(to.format)->rows);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      write(to, to.left + x, to.top + y, pixels[static_cast<std::size_t>(y * width + x)]);
    }
  }
}

}  // namespace vsl::g2d_stand_in
