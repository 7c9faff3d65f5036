// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "command.hpp"

namespace vsl::command {

/// ${XDG_CACHE_HOME:-~/.cache}/videostream, made if missing. Errors: errno of mkdir; no home, or
/// permission_denied: nothing can be written there.
Result<std::string> cache_folder();

/// A 1080p H.264 clip of some 10 s in the cache folder, made by the ffmpeg program when it is not
/// there yet. Nothing half-written is left. Errors: canceled by a stop; ffmpeg missing or failing.
Result<std::string> demo_clip(const std::string& folder, const StopSignal& stop);

}  // namespace vsl::command
