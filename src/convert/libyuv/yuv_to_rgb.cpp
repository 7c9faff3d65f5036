// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <libyuv.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "convert/libyuv/matrix.hpp"
#include "convert/libyuv/yuv.hpp"

namespace vsl::convert {
namespace {

using libyuv::YuvConstants;

// `mirrored`: for chroma given in the wrong order, which makes R, G, B, A of B, G, R, A.
const YuvConstants* constants(ColorSpace space, bool mirrored) {
  struct Pair {
    const YuvConstants *limited, *full;
  };
  static constexpr std::array<Pair, 3> kStraight{
      {{&libyuv::kYuvI601Constants, &libyuv::kYuvJPEGConstants},
       {&libyuv::kYuvH709Constants, &libyuv::kYuvF709Constants},
       {&libyuv::kYuv2020Constants, &libyuv::kYuvV2020Constants}}};
  static constexpr std::array<Pair, 3> kMirrored{
      {{&libyuv::kYvuI601Constants, &libyuv::kYvuJPEGConstants},
       {&libyuv::kYvuH709Constants, &libyuv::kYvuF709Constants},
       {&libyuv::kYvu2020Constants, &libyuv::kYvuV2020Constants}}};
  const Pair& pair = (mirrored ? kMirrored : kStraight)[static_cast<std::size_t>(space.matrix)];
  return space.full ? pair.full : pair.limited;
}

struct Pixels {
  std::uint8_t* memory;
  int stride_bytes;
  bool mirrored;  // R first
};

void pairs_to_pixels(const Yuv& from, ColorSpace space, const Pixels& to) {
  const bool v_first = from.v_first != to.mirrored;
  const auto convert = v_first ? libyuv::NV21ToARGBMatrix : libyuv::NV12ToARGBMatrix;
  // NV21's function wants the constants of the colour it writes first, as NV12's does.
  convert(from.y.samples, from.y.stride_bytes, from.pairs.samples, from.pairs.stride_bytes,
          to.memory, to.stride_bytes, constants(space, to.mirrored), from.width, from.height);
}

void planes_to_pixels(const Yuv& from, ColorSpace space, const Pixels& to) {
  auto [u, v] = from.chroma;
  if (to.mirrored) std::swap(u, v);
  auto* convert = libyuv::I444ToARGBMatrix;
  if (from.shift_x == 1) convert = libyuv::I422ToARGBMatrix;
  if (from.shift_y == 1) convert = libyuv::I420ToARGBMatrix;
  convert(from.y.samples, from.y.stride_bytes, u.samples, u.stride_bytes, v.samples, v.stride_bytes,
          to.memory, to.stride_bytes, constants(space, to.mirrored), from.width, from.height);
}

void to_pixels(const Yuv& from, ColorSpace space, const Pixels& to) {
  if (from.pairs.samples != nullptr) return pairs_to_pixels(from, space, to);
  if (!from.is_grey()) return planes_to_pixels(from, space, to);
  libyuv::I400ToARGBMatrix(from.y.samples, from.y.stride_bytes, to.memory, to.stride_bytes,
                           constants(space, false), from.width, from.height);
}

// libyuv reads pairs for 4:2:0 only.
Yuv without_odd_pairs(const Yuv& from, Scratch& scratch) {
  if (from.pairs.samples == nullptr || from.shift_y == 1) return from;
  const int width = from.chroma_width(), height = from.chroma_height();
  const std::size_t bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  std::uint8_t* const first = scratch.take(bytes);
  std::uint8_t* const second = scratch.take(bytes);
  libyuv::SplitUVPlane(from.pairs.samples, from.pairs.stride_bytes, first, width, second, width,
                       width, height);
  Yuv to = from;
  to.pairs = {};
  to.chroma = {Yuv::Plane{first, width}, Yuv::Plane{second, width}};
  if (from.v_first) std::swap(to.chroma[0], to.chroma[1]);
  return to;
}

Yuv rows_of(Yuv yuv, int first, int count) {
  const auto advance = [](Yuv::Plane& plane, int rows) {
    if (plane.samples != nullptr) plane.samples += std::ptrdiff_t{rows} * plane.stride_bytes;
  };
  advance(yuv.y, first);
  for (Yuv::Plane* plane : {&yuv.chroma[0], &yuv.chroma[1], &yuv.pairs}) {
    advance(*plane, first >> yuv.shift_y);
  }
  yuv.height = count;
  return yuv;
}

// libyuv's factors end at 2: of limited range it has the blue of BT.709 and BT.2020 up to 16 of 255
// too dark. Stretched to full range first, all factors are below 2.
bool is_beyond_libyuv(ColorSpace space) { return !space.full && space.matrix != Matrix::bt601; }

class Stretched {
 public:
  Stretched(const Yuv& like, int rows, Scratch& scratch) : width_((like.width + 63) / 64 * 64) {
    for (std::uint8_t*& plane : planes_) {
      plane = scratch.take(static_cast<std::size_t>(width_) * 2 * static_cast<std::size_t>(rows));
    }
  }

  Yuv rows(const Yuv& from) {
    Yuv to = from;
    to.y = stretched(0, false, from.y, from.width, from.height);
    const int width = from.chroma_width(), height = from.chroma_height();
    if (from.pairs.samples != nullptr) {
      to.pairs = stretched(1, true, from.pairs, 2 * width, height);
    } else if (!from.is_grey()) {
      to.chroma[0] = stretched(1, true, from.chroma[0], width, height);
      to.chroma[1] = stretched(2, true, from.chroma[1], width, height);
    }
    return to;
  }

 private:
  Yuv::Plane stretched(std::size_t index, bool chroma, const Yuv::Plane& from, int width,
                       int height) {
    const int stride = 2 * width_;
    stretch(chroma, from.samples, from.stride_bytes, planes_[index], stride, width, height);
    return {planes_[index], stride};
  }

  int width_;
  std::array<std::uint8_t*, 3> planes_{};
};

constexpr int kBandRows = 16;  // even, for chroma that is shared by rows

// A few rows at a time: what is between two steps stays in the cache. `each` gets them and their
// first row.
template <class Each>
void in_bands(const Yuv& from, ColorSpace space, Scratch& scratch, const Each& each) {
  const bool stretching = is_beyond_libyuv(space);
  Stretched stretched(from, stretching ? kBandRows : 0, scratch);
  space.full = space.full || stretching;
  for (int row = 0; row < from.height; row += kBandRows) {
    const Yuv rows = rows_of(from, row, std::min(kBandRows, from.height - row));
    each(stretching ? stretched.rows(rows) : rows, space, row);
  }
}

void store_through_pixels(const Yuv& from, ColorSpace space, const Target& to, Scratch& scratch) {
  const int stride = 4 * from.width;
  std::uint8_t* const pixels = scratch.take(static_cast<std::size_t>(stride) * kBandRows);
  in_bands(from, space, scratch, [&](const Yuv& rows, ColorSpace rows_space, int first) {
    to_pixels(rows, rows_space, {pixels, stride, false});
    store_rgb({pixels, stride, rows.width, rows.height}, to, first);
  });
}

}  // namespace

void store_as_rgb(const Yuv& from, ColorSpace space, const Target& to, Scratch& scratch) {
  const Yuv readable = without_odd_pairs(from, scratch);
  const bool bayer = to.components->model == ColorModel::bayer;
  const Arrangement arrangement = to.components->arrangement;
  const Pixels pixels{to.planes[0], to.strides_bytes[0], arrangement == Arrangement::rgba};
  if (bayer || (arrangement != Arrangement::bgra && !pixels.mirrored)) {
    return store_through_pixels(readable, space, to, scratch);
  }
  if (!is_beyond_libyuv(space)) return to_pixels(readable, space, pixels);
  in_bands(readable, space, scratch, [&](const Yuv& rows, ColorSpace rows_space, int first) {
    Pixels band = pixels;
    band.memory += std::ptrdiff_t{first} * pixels.stride_bytes;
    to_pixels(rows, rows_space, band);
  });
}

}  // namespace vsl::convert
