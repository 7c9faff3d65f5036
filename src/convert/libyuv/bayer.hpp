// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "convert/libyuv/rgb.hpp"

namespace vsl::convert {

/// Bilinear: a colour a pixel does not have is the mean of its neighbours that have it, mirrored at
/// the edges of the picture.
Bgra load_bayer(const Source& from, const Rect& crop, Scratch& scratch);
/// Keeps of each pixel the colour the pattern has there.
void store_bayer(const Bgra& from, const Target& to, int first_row);

}  // namespace vsl::convert
