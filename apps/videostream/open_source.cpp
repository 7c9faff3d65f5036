// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "open_source.hpp"

#include <utility>

namespace vsl::command {
namespace {

constexpr Resolution kPatternSize{1920, 1080};

Result<std::unique_ptr<Painter>> open_painter(const PaintedSourceOptions& options) {
  const PictureWish& picture = options.picture;
  if (options.name == "test") {
    return make_test_pattern(picture.resolution.value_or(kPatternSize),
                             picture.rate.value_or(FrameRate{}));
  }
  return open_file_painter(options.name, {options.loop, picture.rate});
}

}  // namespace

Result<std::unique_ptr<Source>> open_painted_source(const PaintedSourceOptions& options) {
  VSL_TRY(auto painter, open_painter(options));
  const Resolution size = options.picture.resolution.value_or(painter->size());
  PoolOptions pool_options = options.pool;
  pool_options.width_px = size.width_px;
  pool_options.height_px = size.height_px;
  VSL_TRY(Pool pool, Pool::create(pool_options));
  return std::unique_ptr<Source>(
      new PaintedSource(options.name, std::move(painter), std::move(pool), options.stamps));
}

int report_camera_failure(const Globals& globals, const Error& error) {
  // What else could be meant by somebody who named no device.
  const bool none_found = error.code == std::errc::no_such_device;
  return report_failure(globals, Site::camera, error,
                        none_found ? "; --source test or --source FILE need none" : "");
}

}  // namespace vsl::command
