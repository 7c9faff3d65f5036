// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

namespace vsl::g2d_stand_in {

/// A picture by the numbers of the vendor's header.
struct Image {
  int format = -1;
  std::uint8_t* planes[3]{};
  int stride_px = 0, width_px = 0, height_px = 0;
  int left = 0, top = 0, right = 0, bottom = 0;
};

/// Bytes of a pixel in plane 0; 0 = no such format.
int pixel_bytes(int format);
int plane_count(int format);
bool is_yuv(int format);
/// Bytes of a row and rows of a plane, and its stride.
int row_bytes(const Image& image, int plane);
int rows(const Image& image, int plane);
int stride_bytes(const Image& image, int plane);

/// A pixel at a time, in double precision, scaled bilinearly. `bt709`: the matrix, limited range.
void convert(const Image& from, const Image& to, bool bt709);

}  // namespace vsl::g2d_stand_in
