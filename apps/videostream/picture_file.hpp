// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "videostream/client.hpp"
#include "videostream/frame.hpp"

namespace vsl::command {

enum class PictureFormat { png, ppm };

/// By the extension of `path`; "-" is stdout and gets PNG. Errors: invalid_argument, `where` being
/// the sentence for the user.
Result<PictureFormat> picture_format_of(const std::string& path);

/// A picture of tight R,G,B bytes.
struct Rgb {
  std::uint32_t width_px = 0, height_px = 0;
  std::vector<std::uint8_t> bytes;
};

/// Errors: not_supported (coded or unknown format), those of mapping; operation_canceled when the
/// host took the frame back meanwhile.
Result<Rgb> to_rgb(const Lease& lease);
Result<Rgb> to_rgb(Frame& frame);

/// Writes the picture whole or not at all, or to stdout ("-").
/// Errors: errno of the file.
Result<void> write_picture(const Rgb& picture, PictureFormat format, const std::string& path);

}  // namespace vsl::command
