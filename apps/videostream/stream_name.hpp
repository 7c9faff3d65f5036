// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "values.hpp"

namespace vsl::command {

/// The codec of an elementary stream by its file's name. The error's `where` is for the user.
Result<VideoCodec> codec_of_name(const std::string& path);

/// Whether the extension is one of an MP4 file.
bool has_mp4_name(const std::string& path);

/// Refuses an output that is the regular file the input is read from, by whatever name. The error's
/// `where` is for the user.
Result<void> check_other_file(const std::string& input, const std::string& output);

}  // namespace vsl::command
