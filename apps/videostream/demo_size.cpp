// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "demo_size.hpp"

#include <algorithm>
#include <cmath>

namespace vsl::command {
namespace {

// Chroma of most formats is shared by two pixels in a row and two rows.
std::uint32_t pairs(double pixels, std::uint32_t most) {
  const auto whole = static_cast<std::uint32_t>(std::lround(pixels / 2)) * 2;
  return std::clamp<std::uint32_t>(whole, 2, most);
}

}  // namespace

Resolution size_within(Resolution box, const avformat::VideoStream& video) {
  if (video.width_px == 0 || video.height_px == 0) return box;
  if (video.rotation_degrees % 180 != 0) std::swap(box.width_px, box.height_px);
  const bool says_pixel = video.pixel.width > 0 && video.pixel.height > 0;
  const double stretch =
      says_pixel ? static_cast<double>(video.pixel.width) / static_cast<double>(video.pixel.height)
                 : 1.0;
  const double width = video.width_px * stretch, height = video.height_px;
  const double scale = std::min(box.width_px / width, box.height_px / height);
  return {pairs(width * scale, box.width_px), pairs(height * scale, box.height_px)};
}

}  // namespace vsl::command
