// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/libyuv/backend.hpp"

#include <libyuv.h>

#include <cstddef>
#include <utility>

#include "convert/libyuv/matrix.hpp"
#include "convert/libyuv/rgb.hpp"
#include "convert/libyuv/yuv.hpp"

namespace vsl::convert {
namespace {

bool is_yuv(const Components& components) {
  return components.model == ColorModel::yuv || components.model == ColorModel::grey;
}

bool same_size(const Job& job) {
  return job.crop.width == job.to.width_px && job.crop.height == job.to.height_px;
}

// Formats of equal bytes: twins under two codes, and RGB whose padding may hold anything.
bool same_bytes(const Components& from, const Components& to) {
  return from.model == to.model && from.arrangement == to.arrangement && from.bits == to.bits &&
         from.high_bits == to.high_bits && from.v_first == to.v_first &&
         from.shift_x == to.shift_x && from.shift_y == to.shift_y && (from.alpha || !to.alpha);
}

// Bytes of a pixel, or of a pair of 4:2:2 in one plane, or of a chroma sample or pair.
int group_bytes(const Components& components, std::size_t plane) {
  switch (components.arrangement) {
    case Arrangement::rgb24:
    case Arrangement::bgr24:
      return 3;
    case Arrangement::rgb565:
    case Arrangement::rgb565_big_endian:
    case Arrangement::bgr565:
      return 2;
    case Arrangement::samples:
    case Arrangement::planar:
      return components.sample_bytes();
    case Arrangement::semi_planar:
      return (plane == 0 ? 1 : 2) * components.sample_bytes();
    default:
      return 4;
  }
}

bool shares_columns(const Components& components, std::size_t plane) {
  return plane != 0 || components.arrangement == Arrangement::yuyv ||
         components.arrangement == Arrangement::uyvy;
}

bool begins_on_a_group(const Job& job) {
  const Components& from = *job.from.components;
  const int x = (1 << from.shift_x) - 1, y = (1 << from.shift_y) - 1;
  if ((job.crop.x & x) != 0 || (job.crop.y & y) != 0) return false;
  if (from.model != ColorModel::bayer) return true;
  const Components& to = *job.to.components;
  return (job.crop.x + to.red_x) % 2 == from.red_x && (job.crop.y + to.red_y) % 2 == from.red_y;
}

bool is_copy(const Job& job) {
  const bool same_colors = !is_yuv(*job.from.components) || job.from.space == job.to.space;
  return same_size(job) && same_colors && same_bytes(*job.from.components, *job.to.components) &&
         begins_on_a_group(job);
}

void copy(const Job& job) {
  const Components& components = *job.from.components;
  for (std::size_t i = 0; i < kMaxPlanes && job.to.planes[i] != nullptr; ++i) {
    const int shift_x = shares_columns(components, i) ? components.shift_x : 0;
    const int shift_y = i != 0 ? components.shift_y : 0;
    const int bytes = group_bytes(components, i);
    const int width = (job.crop.width + (1 << shift_x) - 1) >> shift_x;
    const int height = (job.crop.height + (1 << shift_y) - 1) >> shift_y;
    const std::ptrdiff_t first = std::ptrdiff_t{job.crop.y >> shift_y} * job.from.strides_bytes[i] +
                                 std::ptrdiff_t{job.crop.x >> shift_x} * bytes;
    libyuv::CopyPlane(job.from.planes[i] + first, job.from.strides_bytes[i], job.to.planes[i],
                      job.to.strides_bytes[i], width * bytes, height);
  }
}

// libyuv's functions in one pass for what cameras give and codecs take.
bool unpack_directly(const Job& job) {
  const Components &from = *job.from.components, &to = *job.to.components;
  const bool yuyv = from.arrangement == Arrangement::yuyv;
  if ((!yuyv && from.arrangement != Arrangement::uyvy) || to.model != ColorModel::yuv ||
      !same_size(job) || !(job.from.space == job.to.space) || to.shift_y != 1 || to.bits != 8 ||
      (job.crop.x & 1) != 0) {
    return false;
  }
  const std::uint8_t* const pixels =
      job.from.planes[0] + std::ptrdiff_t{job.crop.y} * job.from.strides_bytes[0] + 2 * job.crop.x;
  const Target& target = job.to;
  if (to.arrangement == Arrangement::semi_planar) {
    if (from.v_first != to.v_first) return false;
    const auto convert = yuyv ? libyuv::YUY2ToNV12 : libyuv::UYVYToNV12;
    convert(pixels, job.from.strides_bytes[0], target.planes[0], target.strides_bytes[0],
            target.planes[1], target.strides_bytes[1], job.crop.width, job.crop.height);
    return true;
  }
  const std::size_t u = from.v_first != to.v_first ? 2 : 1, v = 3 - u;
  const auto convert = yuyv ? libyuv::YUY2ToI420 : libyuv::UYVYToI420;
  convert(pixels, job.from.strides_bytes[0], target.planes[0], target.strides_bytes[0],
          target.planes[u], target.strides_bytes[u], target.planes[v], target.strides_bytes[v],
          job.crop.width, job.crop.height);
  return true;
}

bool only_luma_counts(const Job& job) {
  return job.from.components->model == ColorModel::grey ||
         job.to.components->model == ColorModel::grey;
}

bool needs_matrix(const Job& job) {
  const ColorSpace &from = job.from.space, &to = job.to.space;
  return from.full != to.full || (from.matrix != to.matrix && !only_luma_counts(job));
}

void yuv_to_yuv(const Job& job, Scratch& scratch) {
  Yuv yuv = load_yuv(job.from, job.crop, scratch);
  if (!needs_matrix(job)) return store_yuv(yuv, job.to, scratch);
  const int width = job.to.width_px, height = job.to.height_px;
  if (only_luma_counts(job)) yuv.chroma = {}, yuv.pairs = {};
  const Writable444 own = full_chroma(yuv, width, height, scratch);
  const int stride = own.stride_bytes;
  if (only_luma_counts(job)) {
    change_range(job.to.space.full, own.planes[0], stride, width, height);
  } else {
    apply(yuv_to_yuv(job.from.space, job.to.space), {own.planes, {stride, stride, stride}}, width,
          height);
  }
  store_yuv(own.view, job.to, scratch);
}

bool encode_directly(const Bgra& from, const Target& to) {
  const Components& components = *to.components;
  if (to.space != ColorSpace{} || components.shift_y != 1 || components.bits != 8) return false;
  if (components.arrangement == Arrangement::semi_planar) {
    const auto convert = components.v_first ? libyuv::ARGBToNV21 : libyuv::ARGBToNV12;
    convert(from.pixels, from.stride_bytes, to.planes[0], to.strides_bytes[0], to.planes[1],
            to.strides_bytes[1], from.width, from.height);
    return true;
  }
  const std::size_t u = components.v_first ? 2 : 1, v = 3 - u;
  libyuv::ARGBToI420(from.pixels, from.stride_bytes, to.planes[0], to.strides_bytes[0],
                     to.planes[u], to.strides_bytes[u], to.planes[v], to.strides_bytes[v],
                     from.width, from.height);
  return true;
}

void rgb_to_yuv(const Job& job, Scratch& scratch) {
  const Target& to = job.to;
  const Bgra from =
      scale(load_rgb(job.from, job.crop, scratch), to.width_px, to.height_px, scratch);
  if (encode_directly(from, to)) return;
  const Writable444 own = empty_444(from.width, from.height, scratch);
  const int stride = own.stride_bytes;
  Yuv view = own.view;
  if (to.components->model == ColorModel::grey) {
    view.chroma = {};
    luma_of(rgb_to_yuv(to.space), from.pixels, from.stride_bytes, own.planes[0], stride, from.width,
            from.height);
  } else {
    apply(rgb_to_yuv(to.space), from.pixels, from.stride_bytes,
          {own.planes, {stride, stride, stride}}, from.width, from.height);
  }
  store_yuv(view, to, scratch);
}

class LibyuvBackend final : public Backend {
 public:
  const char* name() const noexcept override { return "libyuv"; }

  Result<void> convert(const Job& job) override {
    scratch_.rewind();
    const bool from_yuv = is_yuv(*job.from.components), to_yuv = is_yuv(*job.to.components);
    const Target& to = job.to;
    if (is_copy(job)) {
      copy(job);
    } else if (unpack_directly(job)) {
      return {};
    } else if (from_yuv && to_yuv) {
      yuv_to_yuv(job, scratch_);
    } else if (from_yuv) {
      const Yuv yuv = load_yuv(job.from, job.crop, scratch_);
      store_as_rgb(scale(yuv, to.width_px, to.height_px, scratch_), job.from.space, to, scratch_);
    } else if (to_yuv) {
      rgb_to_yuv(job, scratch_);
    } else {
      store_rgb(scale(load_rgb(job.from, job.crop, scratch_), to.width_px, to.height_px, scratch_),
                to, 0);
    }
    return {};
  }

 private:
  Scratch scratch_;
};

}  // namespace

std::unique_ptr<Backend> make_libyuv_backend() { return std::make_unique<LibyuvBackend>(); }

}  // namespace vsl::convert
