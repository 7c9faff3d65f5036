// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>
#include <string>

#include "camera_setup.hpp"
#include "painted_source.hpp"
#include "source.hpp"
#include "videostream/pool.hpp"

namespace vsl::command {

/// What --source means, for the help of the commands that have it.
inline constexpr const char* kSourceHelp =
    "'test' for a test pattern, or a video file (default: camera)";

struct PaintedSourceOptions {
  std::string name;   ///< "test" or a file
  bool loop = false;  ///< begin a file again at its end
  PictureWish picture;
  PoolOptions pool;  ///< without a size
  bool stamps = true;
};
/// Errors: those of the file and of the memory.
Result<std::unique_ptr<Source>> open_painted_source(const PaintedSourceOptions& options);

/// Says that there is no such camera, and to who named none what else there is.
int report_camera_failure(const Globals& globals, const Error& error);

}  // namespace vsl::command
