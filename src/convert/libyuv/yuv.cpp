// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/libyuv/yuv.hpp"

#include <libyuv.h>

#include <cstddef>
#include <utility>

#include "convert/libyuv/matrix.hpp"

namespace vsl::convert {
namespace {

using Plane = Yuv::Plane;

Plane at(const Source& from, std::size_t plane, int x_bytes, int y) {
  const int stride = from.strides_bytes[plane];
  return {from.planes[plane] + std::ptrdiff_t{y} * stride + x_bytes, stride};
}

struct OwnPlane {
  std::uint8_t* samples;
  int stride_bytes;
  operator Plane() const { return {samples, stride_bytes}; }
};

OwnPlane take(int width, int height, Scratch& scratch) {
  // Rows begin on cache lines: libyuv's fastest functions want that.
  const int stride = (width + 63) / 64 * 64;
  return {scratch.take(static_cast<std::size_t>(stride) * static_cast<std::size_t>(height)),
          stride};
}

Plane scaled(const Plane& from, int width, int height, int to_width, int to_height,
             Scratch& scratch) {
  if (width == to_width && height == to_height) return from;
  const OwnPlane own = take(to_width, to_height, scratch);
  libyuv::ScalePlane(from.samples, from.stride_bytes, width, height, own.samples, own.stride_bytes,
                     to_width, to_height, libyuv::kFilterBox);
  return own;
}

// Pairs taken apart; planes as they are.
std::array<Plane, 2> chroma_planes(const Yuv& from, Scratch& scratch) {
  if (from.pairs.samples == nullptr) return from.chroma;
  const int width = from.chroma_width(), height = from.chroma_height();
  const OwnPlane first = take(width, height, scratch), second = take(width, height, scratch);
  libyuv::SplitUVPlane(from.pairs.samples, from.pairs.stride_bytes, first.samples,
                       first.stride_bytes, second.samples, second.stride_bytes, width, height);
  if (from.v_first) return {second, first};
  return {first, second};
}

Plane narrowed(const Source& from, const Plane& samples, int width, int height, Scratch& scratch) {
  const Components& components = *from.components;
  if (components.bits == 8) return samples;
  const OwnPlane own = take(width, height, scratch);
  narrow(samples.samples, samples.stride_bytes, components.bits, components.high_bits, own.samples,
         own.stride_bytes, width, height);
  return own;
}

Yuv unpack_pairs_of_pixels(const Source& from, const Rect& crop, Scratch& scratch) {
  Yuv yuv{.width = crop.width, .height = crop.height, .shift_x = 1};
  const Plane packed = at(from, 0, 2 * crop.x, crop.y);
  const OwnPlane y = take(yuv.width, yuv.height, scratch);
  const OwnPlane u = take(yuv.chroma_width(), yuv.height, scratch);
  const OwnPlane v = take(yuv.chroma_width(), yuv.height, scratch);
  const auto unpack =
      from.components->arrangement == Arrangement::yuyv ? libyuv::YUY2ToI422 : libyuv::UYVYToI422;
  unpack(packed.samples, packed.stride_bytes, y.samples, y.stride_bytes, u.samples, u.stride_bytes,
         v.samples, v.stride_bytes, yuv.width, yuv.height);
  yuv.y = y;
  yuv.chroma = {u, v};
  if (from.components->v_first) std::swap(yuv.chroma[0], yuv.chroma[1]);
  return yuv;
}

// `crop` begins on a chroma sample.
Yuv load_aligned(const Source& from, const Rect& crop, Scratch& scratch) {
  const Components& components = *from.components;
  if (components.arrangement == Arrangement::yuyv || components.arrangement == Arrangement::uyvy) {
    return unpack_pairs_of_pixels(from, crop, scratch);
  }
  Yuv yuv{.width = crop.width,
          .height = crop.height,
          .shift_x = components.shift_x,
          .shift_y = components.shift_y,
          .v_first = components.v_first};
  const int bytes = components.sample_bytes();
  yuv.y = narrowed(from, at(from, 0, crop.x * bytes, crop.y), crop.width, crop.height, scratch);
  const int x = crop.x >> components.shift_x, y = crop.y >> components.shift_y;
  if (components.arrangement == Arrangement::semi_planar) {
    yuv.pairs = narrowed(from, at(from, 1, 2 * x * bytes, y), 2 * yuv.chroma_width(),
                         yuv.chroma_height(), scratch);
  } else if (components.arrangement == Arrangement::planar) {
    yuv.chroma = {at(from, 1, x, y), at(from, 2, x, y)};
    if (components.v_first) std::swap(yuv.chroma[0], yuv.chroma[1]);
  }
  return yuv;
}

// Chroma of whole samples spread over their pixels, and the crop cut out of that.
Yuv load_unaligned(const Source& from, const Rect& crop, Scratch& scratch) {
  const Components& components = *from.components;
  const int skip_x = crop.x & ((1 << components.shift_x) - 1);
  const int skip_y = crop.y & ((1 << components.shift_y) - 1);
  const Rect around{crop.x - skip_x, crop.y - skip_y, crop.width + skip_x, crop.height + skip_y};
  Yuv yuv = load_aligned(from, around, scratch);
  const auto planes = chroma_planes(yuv, scratch);
  const int width = yuv.chroma_width(), height = yuv.chroma_height();
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const Plane full =
        scaled(planes[i], width, height, width << yuv.shift_x, height << yuv.shift_y, scratch);
    yuv.chroma[i] = {full.samples + std::ptrdiff_t{skip_y} * full.stride_bytes + skip_x,
                     full.stride_bytes};
  }
  yuv.y.samples += std::ptrdiff_t{skip_y} * yuv.y.stride_bytes + skip_x;
  return {.width = crop.width, .height = crop.height, .y = yuv.y, .chroma = yuv.chroma};
}

// What a plane of a target is made in: the plane itself, or memory to be widened from.
OwnPlane place(const Target& to, std::size_t plane, int width, int height, Scratch& scratch) {
  if (to.components->bits == 8) return {to.planes[plane], to.strides_bytes[plane]};
  return take(width, height, scratch);
}

void finish(const Target& to, std::size_t plane, const OwnPlane& made, int width, int height) {
  const Components& components = *to.components;
  if (components.bits == 8) return;
  const bool full = components.model == ColorModel::grey && to.space.full;
  widen(made.samples, made.stride_bytes, components.bits, components.high_bits, full,
        to.planes[plane], to.strides_bytes[plane], width, height);
}

void scale_into(const Plane& from, int width, int height, const OwnPlane& to, int to_width,
                int to_height) {
  libyuv::ScalePlane(from.samples, from.stride_bytes, width, height, to.samples, to.stride_bytes,
                     to_width, to_height, libyuv::kFilterBox);
}

struct ChromaSize {
  int width, height;
  friend bool operator==(const ChromaSize&, const ChromaSize&) = default;
};

ChromaSize chroma_size(const Target& to) {
  const Components& c = *to.components;
  return {(to.width_px + (1 << c.shift_x) - 1) >> c.shift_x,
          (to.height_px + (1 << c.shift_y) - 1) >> c.shift_y};
}

void store_luma(const Yuv& from, const Target& to, Scratch& scratch) {
  const OwnPlane luma = place(to, 0, to.width_px, to.height_px, scratch);
  scale_into(from.y, from.width, from.height, luma, to.width_px, to.height_px);
  finish(to, 0, luma, to.width_px, to.height_px);
}

void scale_pairs(const Plane& from, int width, int height, const OwnPlane& to,
                 const ChromaSize& size, Scratch& scratch) {
  if (aborts_libyuv(width, height, size.width, size.height)) {
    const ChromaSize half{width / 2, height / 2};
    const OwnPlane between = take(2 * half.width, half.height, scratch);
    scale_pairs(from, width, height, between, half, scratch);
    return scale_pairs(between, half.width, half.height, to, size, scratch);
  }
  libyuv::UVScale(from.samples, from.stride_bytes, width, height, to.samples, to.stride_bytes,
                  size.width, size.height, libyuv::kFilterBox);
}

// From pairs to pairs, without taking them apart.
void store_pairs_of_pairs(const Yuv& from, const OwnPlane& pairs, const ChromaSize& size,
                          bool v_first, Scratch& scratch) {
  const bool swap = from.v_first != v_first;
  const bool same = ChromaSize{from.chroma_width(), from.chroma_height()} == size;
  Plane have = from.pairs;
  if (!same) {
    const OwnPlane own = swap ? take(2 * size.width, size.height, scratch) : pairs;
    scale_pairs(have, from.chroma_width(), from.chroma_height(), own, size, scratch);
    have = own;
  }
  if (swap) {
    libyuv::SwapUVPlane(have.samples, have.stride_bytes, pairs.samples, pairs.stride_bytes,
                        size.width, size.height);
  } else if (same) {
    libyuv::CopyPlane(have.samples, have.stride_bytes, pairs.samples, pairs.stride_bytes,
                      2 * size.width, size.height);
  }
}

void store_pairs(const Yuv& from, const Target& to, Scratch& scratch) {
  const ChromaSize size = chroma_size(to);
  const OwnPlane pairs = place(to, 1, 2 * size.width, size.height, scratch);
  const bool v_first = to.components->v_first;
  if (from.is_grey()) {
    libyuv::SetPlane(pairs.samples, pairs.stride_bytes, 2 * size.width, size.height, 128);
  } else if (from.pairs.samples != nullptr) {
    store_pairs_of_pairs(from, pairs, size, v_first, scratch);
  } else {
    const int width = from.chroma_width(), height = from.chroma_height();
    const auto [u, v] = chroma_planes(from, scratch);
    Plane first = scaled(u, width, height, size.width, size.height, scratch);
    Plane second = scaled(v, width, height, size.width, size.height, scratch);
    if (v_first) std::swap(first, second);
    libyuv::MergeUVPlane(first.samples, first.stride_bytes, second.samples, second.stride_bytes,
                         pairs.samples, pairs.stride_bytes, size.width, size.height);
  }
  finish(to, 1, pairs, 2 * size.width, size.height);
}

void store_planes(const Yuv& from, const Target& to, Scratch& scratch) {
  const ChromaSize size = chroma_size(to);
  std::array<OwnPlane, 2> into{
      {{to.planes[1], to.strides_bytes[1]}, {to.planes[2], to.strides_bytes[2]}}};
  if (to.components->v_first) std::swap(into[0], into[1]);
  if (from.is_grey()) {
    for (const OwnPlane& plane : into) {
      libyuv::SetPlane(plane.samples, plane.stride_bytes, size.width, size.height, 128);
    }
    return;
  }
  const int width = from.chroma_width(), height = from.chroma_height();
  if (from.pairs.samples != nullptr && ChromaSize{width, height} == size) {
    if (from.v_first) std::swap(into[0], into[1]);
    libyuv::SplitUVPlane(from.pairs.samples, from.pairs.stride_bytes, into[0].samples,
                         into[0].stride_bytes, into[1].samples, into[1].stride_bytes, width,
                         height);
    return;
  }
  const auto planes = chroma_planes(from, scratch);
  for (std::size_t i = 0; i < planes.size(); ++i) {
    scale_into(planes[i], width, height, into[i], size.width, size.height);
  }
}

void store_pairs_of_pixels(const Yuv& from, const Target& to, Scratch& scratch) {
  const Plane y = scaled(from.y, from.width, from.height, to.width_px, to.height_px, scratch);
  const ChromaSize size = chroma_size(to);
  std::array<Plane, 2> chroma{};
  if (from.is_grey()) {
    const OwnPlane neutral = take(size.width, 1, scratch);
    libyuv::SetPlane(neutral.samples, neutral.stride_bytes, size.width, 1, 128);
    chroma = {Plane{neutral.samples, 0}, Plane{neutral.samples, 0}};
  } else {
    chroma = chroma_planes(from, scratch);
    for (Plane& plane : chroma) {
      plane = scaled(plane, from.chroma_width(), from.chroma_height(), size.width, size.height,
                     scratch);
    }
  }
  if (to.components->v_first) std::swap(chroma[0], chroma[1]);
  const auto pack =
      to.components->arrangement == Arrangement::yuyv ? libyuv::I422ToYUY2 : libyuv::I422ToUYVY;
  pack(y.samples, y.stride_bytes, chroma[0].samples, chroma[0].stride_bytes, chroma[1].samples,
       chroma[1].stride_bytes, to.planes[0], to.strides_bytes[0], to.width_px, to.height_px);
}

}  // namespace

Yuv load_yuv(const Source& from, const Rect& crop, Scratch& scratch) {
  const Components& components = *from.components;
  const bool aligned = (crop.x & ((1 << components.shift_x) - 1)) == 0 &&
                       (crop.y & ((1 << components.shift_y) - 1)) == 0;
  return aligned ? load_aligned(from, crop, scratch) : load_unaligned(from, crop, scratch);
}

Yuv scale(const Yuv& from, int width, int height, Scratch& scratch) {
  if (from.width == width && from.height == height) return from;
  Yuv to{.width = width,
         .height = height,
         .shift_x = from.shift_x,
         .shift_y = from.shift_y,
         .v_first = from.v_first};
  to.y = scaled(from.y, from.width, from.height, width, height, scratch);
  const int chroma_width = to.chroma_width(), chroma_height = to.chroma_height();
  if (from.pairs.samples != nullptr) {
    const OwnPlane pairs = take(2 * chroma_width, chroma_height, scratch);
    scale_pairs(from.pairs, from.chroma_width(), from.chroma_height(), pairs,
                {chroma_width, chroma_height}, scratch);
    to.pairs = pairs;
  } else if (!from.is_grey()) {
    for (std::size_t i = 0; i < to.chroma.size(); ++i) {
      to.chroma[i] = scaled(from.chroma[i], from.chroma_width(), from.chroma_height(), chroma_width,
                            chroma_height, scratch);
    }
  }
  return to;
}

Writable444 empty_444(int width, int height, Scratch& scratch) {
  Writable444 result{};
  std::array<Plane, 3> planes{};
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const OwnPlane plane = take(width, height, scratch);
    planes[i] = plane;
    result.planes[i] = plane.samples;
    result.stride_bytes = plane.stride_bytes;
  }
  result.view = {
      .width = width, .height = height, .y = planes[0], .chroma = {planes[1], planes[2]}};
  return result;
}

Writable444 full_chroma(const Yuv& from, int width, int height, Scratch& scratch) {
  const Writable444 to = empty_444(width, height, scratch);
  scale_into(from.y, from.width, from.height, {to.planes[0], to.stride_bytes}, width, height);
  if (from.is_grey()) {
    for (const std::size_t i : {1, 2}) {
      libyuv::SetPlane(to.planes[i], to.stride_bytes, width, height, 128);
    }
    return to;
  }
  const auto chroma = chroma_planes(from, scratch);
  for (std::size_t i = 0; i < chroma.size(); ++i) {
    scale_into(chroma[i], from.chroma_width(), from.chroma_height(),
               {to.planes[i + 1], to.stride_bytes}, width, height);
  }
  return to;
}

void store_yuv(const Yuv& from, const Target& to, Scratch& scratch) {
  switch (to.components->arrangement) {
    case Arrangement::semi_planar:
      store_luma(from, to, scratch);
      return store_pairs(from, to, scratch);
    case Arrangement::planar:
      store_luma(from, to, scratch);
      return store_planes(from, to, scratch);
    case Arrangement::yuyv:
    case Arrangement::uyvy:
      return store_pairs_of_pixels(from, to, scratch);
    default:
      return store_luma(from, to, scratch);  // grey
  }
}

}  // namespace vsl::convert
