// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "convert/g2d/blit.hpp"

namespace vsl::convert::g2d {
namespace {

constexpr int kMaxSidePx = 8192;  // all engines do that, some 32768

bool is_yuv(const Components& components) { return components.model == ColorModel::yuv; }

Format yuv_format(const Components& components) {
  const bool v_first = components.v_first;
  const bool both = components.shift_y == 1;
  if (components.bits != 8 || components.shift_x != 1) return Format::none;
  switch (components.arrangement) {
    case Arrangement::yuyv:
      return v_first ? Format::yvyu : Format::yuyv;
    case Arrangement::uyvy:
      return v_first ? Format::vyuy : Format::uyvy;
    case Arrangement::semi_planar:
      if (both) return v_first ? Format::nv21 : Format::nv12;
      return v_first ? Format::nv61 : Format::nv16;
    case Arrangement::planar:
      if (both) return v_first ? Format::yv12 : Format::i420;
      return Format::none;
    default:
      return Format::none;
  }
}

// Not 16-bit RGB: headers disagree about which end of its word is red.
Format rgb_format(const Components& components) {
  const bool alpha = components.alpha;
  switch (components.arrangement) {
    case Arrangement::rgba:
      return alpha ? Format::rgba8888 : Format::rgbx8888;
    case Arrangement::bgra:
      return alpha ? Format::bgra8888 : Format::bgrx8888;
    case Arrangement::argb:
      return alpha ? Format::argb8888 : Format::xrgb8888;
    case Arrangement::abgr:
      return alpha ? Format::abgr8888 : Format::xbgr8888;
    case Arrangement::rgb24:
      return Format::rgb888;
    case Arrangement::bgr24:
      return Format::bgr888;
    default:
      return Format::none;
  }
}

Format format_of(const Components& components) {
  if (is_yuv(components)) return yuv_format(components);
  return components.model == ColorModel::rgb ? rgb_format(components) : Format::none;
}

int pixel_bytes(const Components& components) {
  switch (components.arrangement) {
    case Arrangement::rgb24:
    case Arrangement::bgr24:
      return 3;
    case Arrangement::yuyv:
    case Arrangement::uyvy:
      return 2;
    case Arrangement::semi_planar:
    case Arrangement::planar:
      return 1;
    default:
      return 4;
  }
}

// The engine is told one stride and takes those of chroma from it.
template <class Byte>
bool strides_agree(const RawPicture<Byte>& picture) {
  const auto& strides = picture.strides_bytes;
  switch (picture.components->arrangement) {
    case Arrangement::semi_planar:
      return strides[1] == strides[0];
    case Arrangement::planar:
      return 2 * strides[1] == strides[0] && 2 * strides[2] == strides[0];
    default:
      return true;
  }
}

template <class Byte>
bool is_aligned(const RawPicture<Byte>& picture, std::size_t planes) {
  for (std::size_t i = 0; i < planes; ++i) {
    if (picture.memory[i] == nullptr || picture.offsets_bytes[i] % kAlignBytes != 0) return false;
  }
  const int stride = picture.strides_bytes[0];
  return stride % int{kAlignBytes} == 0 && stride % pixel_bytes(*picture.components) == 0;
}

bool is_even(const Rect& rect) { return ((rect.x | rect.y | rect.width | rect.height) & 1) == 0; }

// Some engines spoil the whole picture when chroma is shared over an odd edge.
bool edges_fit(const Components& components, int width_px, int height_px, const Rect& rect) {
  return !is_yuv(components) || (((width_px | height_px) & 1) == 0 && is_even(rect));
}

template <class Byte>
std::optional<Side> side_of(const RawPicture<Byte>& picture, const Rect& rect) {
  Side side{.format = format_of(*picture.components),
            .planes = 0,
            .stride_px = picture.strides_bytes[0] / pixel_bytes(*picture.components),
            .width_px = picture.width_px,
            .height_px = picture.height_px,
            .rect = rect};
  while (side.planes < kMaxPlanes && picture.planes[side.planes] != nullptr) ++side.planes;
  const bool fits = side.format != Format::none && side.width_px <= kMaxSidePx &&
                    side.height_px <= kMaxSidePx && strides_agree(picture) &&
                    is_aligned(picture, side.planes) &&
                    edges_fit(*picture.components, side.width_px, side.height_px, rect);
  return fits ? std::optional(side) : std::nullopt;
}

bool target_is_known_to_work(Format format) {
  switch (format) {
    case Format::yvyu:
    case Format::vyuy:
    case Format::nv21:
    case Format::nv16:
    case Format::nv61:
    case Format::i420:
    case Format::yv12:
      return false;
    default:
      return true;
  }
}

// What an engine makes of padding where opacity is wanted is written nowhere.
bool opacity_is_known(const Components& from, const Components& to) {
  const bool padded = from.model == ColorModel::rgb && !from.alpha && pixel_bytes(from) == 4;
  return !to.alpha || !padded;
}

std::optional<Capability> capability_of(const ColorSpace& space) {
  if (space.full) return std::nullopt;  // some engines do limited range whatever is said
  if (space.matrix == Matrix::bt601) return Capability::bt601_limited;
  if (space.matrix == Matrix::bt709) return Capability::bt709_limited;
  return std::nullopt;
}

}  // namespace

std::optional<Blit> blit_of(const Job& job, const Features& features) noexcept {
  // First what decides most often, on the way to the CPU.
  if (job.from.memory[0] == nullptr || job.to.memory[0] == nullptr) return std::nullopt;
  const Components &from = *job.from.components, &to = *job.to.components;
  const bool scaled = job.crop.width != job.to.width_px || job.crop.height != job.to.height_px;
  if ((scaled && !features.scaling) || (is_yuv(from) && !features.source_yuv) ||
      (is_yuv(to) && !features.target_yuv) || !opacity_is_known(from, to)) {
    return std::nullopt;
  }
  const auto source = side_of(job.from, job.crop);
  const auto target = side_of(job.to, {0, 0, job.to.width_px, job.to.height_px});
  if (!source || !target || !target_is_known_to_work(target->format)) return std::nullopt;
  Blit blit{*source, *target, std::nullopt};
  if (!is_yuv(from) && !is_yuv(to)) return blit;
  if (is_yuv(from) && is_yuv(to) && job.from.space != job.to.space) return std::nullopt;
  blit.colors = capability_of(is_yuv(from) ? job.from.space : job.to.space);
  return blit.colors ? std::optional(blit) : std::nullopt;
}

}  // namespace vsl::convert::g2d
