// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "videostream/result.hpp"

namespace vsl::codec {

/// A PNG file's bytes from tight R,G,B pixels. Errors: not_supported (FFmpeg built without zlib).
Result<std::vector<std::uint8_t>> encode_png(std::span<const std::uint8_t> rgb,
                                             std::uint32_t width_px, std::uint32_t height_px);

}  // namespace vsl::codec
