// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/libyuv/rgb.hpp"

#include <libyuv.h>

#include <cstddef>

#include "convert/libyuv/bayer.hpp"

namespace vsl::convert {
namespace {

using Convert = int (*)(const std::uint8_t*, int, std::uint8_t*, int, int, int);

// The eight bytes of two pixels of 16 bits change places: big-endian, or blue with red.
template <class Change>
void change_words(const std::uint8_t* from, int from_stride, std::uint8_t* to, int to_stride,
                  int width, int height, Change change) {
  for (int row = 0; row < height; ++row) {
    const std::uint8_t* in = from + std::ptrdiff_t{row} * from_stride;
    std::uint8_t* out = to + std::ptrdiff_t{row} * to_stride;
    for (int x = 0; x < width; ++x) {
      const int word = change(in[2 * x] | in[2 * x + 1] << 8);
      out[2 * x] = static_cast<std::uint8_t>(word);
      out[2 * x + 1] = static_cast<std::uint8_t>(word >> 8);
    }
  }
}

int swap_bytes(int word) { return word >> 8 | (word & 0xff) << 8; }
int swap_red(int word) { return (word & 0x7e0) | word >> 11 | (word & 0x1f) << 11; }

// A row at a time, so that the words in between are hot.
template <int (*kChange)(int)>
int from_changed_565(const std::uint8_t* from, int from_stride, std::uint8_t* to, int to_stride,
                     int width, int height) {
  for (int row = 0; row < height; ++row) {
    std::uint8_t* const out = to + std::ptrdiff_t{row} * to_stride;
    std::uint8_t* const words = out + 2 * width;  // the upper half of the row it becomes
    change_words(from + std::ptrdiff_t{row} * from_stride, 0, words, 0, width, 1, kChange);
    for (int x = 0; x < width; ++x) {  // forwards: writing never passes reading
      const int word = words[2 * x] | words[2 * x + 1] << 8;
      const int r = word >> 11, g = word >> 5 & 63, b = word & 31;
      out[4 * x] = static_cast<std::uint8_t>(b << 3 | b >> 2);
      out[4 * x + 1] = static_cast<std::uint8_t>(g << 2 | g >> 4);
      out[4 * x + 2] = static_cast<std::uint8_t>(r << 3 | r >> 2);
      out[4 * x + 3] = 255;
    }
  }
  return 0;
}

template <int (*kChange)(int)>
int to_changed_565(const std::uint8_t* from, int from_stride, std::uint8_t* to, int to_stride,
                   int width, int height) {
  const int status = libyuv::ARGBToRGB565(from, from_stride, to, to_stride, width, height);
  change_words(to, to_stride, to, to_stride, width, height, kChange);
  return status;
}

struct Way {
  Convert load, store;
  int pixel_bytes;
};

// libyuv names formats by the word they form on a little-endian machine, and calls R, G, B bytes
// "raw". In the order of Arrangement.
constexpr Way kWays[] = {
    {libyuv::ARGBCopy, libyuv::ARGBCopy, 4},
    {libyuv::ABGRToARGB, libyuv::ARGBToABGR, 4},
    {libyuv::BGRAToARGB, libyuv::ARGBToBGRA, 4},
    {libyuv::RGBAToARGB, libyuv::ARGBToRGBA, 4},
    {libyuv::RAWToARGB, libyuv::ARGBToRAW, 3},
    {libyuv::RGB24ToARGB, libyuv::ARGBToRGB24, 3},
    {libyuv::RGB565ToARGB, libyuv::ARGBToRGB565, 2},
    {from_changed_565<swap_bytes>, to_changed_565<swap_bytes>, 2},
    {from_changed_565<swap_red>, to_changed_565<swap_red>, 2},
};

const Way& way_of(const Components& components) {
  return kWays[static_cast<std::size_t>(components.arrangement)];
}

void make_opaque(std::uint8_t* bgra, int stride_bytes, int width, int height) {
  for (int row = 0; row < height; ++row) {
    std::uint8_t* pixels = bgra + std::ptrdiff_t{row} * stride_bytes;
    for (int x = 0; x < width; ++x) pixels[4 * x + 3] = 255;
  }
}

}  // namespace

Bgra load_rgb(const Source& from, const Rect& crop, Scratch& scratch) {
  const Components& components = *from.components;
  if (components.model == ColorModel::bayer) return load_bayer(from, crop, scratch);
  const Way& way = way_of(components);
  const int stride = from.strides_bytes[0];
  const std::uint8_t* const pixels =
      from.planes[0] + std::ptrdiff_t{crop.y} * stride + std::ptrdiff_t{crop.x} * way.pixel_bytes;
  const bool is_bgra = components.arrangement == Arrangement::bgra;
  if (is_bgra && components.alpha) return {pixels, stride, crop.width, crop.height};
  const int own_stride = 4 * crop.width;
  std::uint8_t* const own = scratch.take(std::size_t{4} * crop.width * crop.height);
  way.load(pixels, stride, own, own_stride, crop.width, crop.height);
  if (way.pixel_bytes == 4 && !components.alpha) {
    make_opaque(own, own_stride, crop.width, crop.height);
  }
  return {own, own_stride, crop.width, crop.height};
}

Bgra scale(const Bgra& from, int width, int height, Scratch& scratch) {
  if (from.width == width && from.height == height) return from;
  if (aborts_libyuv(from.width, from.height, width, height)) {
    return scale(scale(from, from.width / 2, from.height / 2, scratch), width, height, scratch);
  }
  std::uint8_t* const own = scratch.take(std::size_t{4} * width * height);
  libyuv::ARGBScale(from.pixels, from.stride_bytes, from.width, from.height, own, 4 * width, width,
                    height, libyuv::kFilterBox);
  return {own, 4 * width, width, height};
}

void store_rgb(const Bgra& from, const Target& to, int first_row) {
  if (to.components->model == ColorModel::bayer) return store_bayer(from, to, first_row);
  way_of(*to.components)
      .store(from.pixels, from.stride_bytes,
             to.planes[0] + std::ptrdiff_t{first_row} * to.strides_bytes[0], to.strides_bytes[0],
             from.width, from.height);
}

}  // namespace vsl::convert
