// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

namespace vsl {

/// Where a picture stands in the order in which pictures are shown.
struct PicturePlace {
  std::int64_t order = 0;     ///< the lower, the earlier; comparable up to …
  bool begins_again = false;  ///< … a picture of which this is true: all before it are shown first
  bool leading = false;  ///< cannot be decoded where decoding begins at the key frame before it
};

}  // namespace vsl
