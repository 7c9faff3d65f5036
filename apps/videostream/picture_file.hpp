// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "videostream/client.hpp"

namespace vsl::command {

enum class PictureFormat { png, ppm };

/// By the extension of `path`. Errors: invalid_argument, `where` being the sentence for the user.
Result<PictureFormat> picture_format_of(const std::string& path);

/// Writes the frame as it was leased, whole or not at all: under another name first, then renamed.
/// Errors: not_supported (coded or unknown format), errno of the file, operation_canceled when the
/// host took the frame back meanwhile.
Result<void> write_picture(const Lease& lease, PictureFormat format, const std::string& path);

}  // namespace vsl::command
