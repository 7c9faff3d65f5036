// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "convert/backend.hpp"
#include "videostream/convert.hpp"

namespace vsl::convert {

/// A job that was checked, and the colour its target has then.
struct Plan {
  Job job;
  Colorimetry color;
};

/// Whether the job makes sense, and what it is exactly. `where` names the attempt in errors.
/// Errors: those of Converter::convert.
Result<Plan> plan(const vsl::Picture& from, const MutablePicture& to, const Rect& crop);

/// "convert 64x48 NV12 to 32x24 RGB3"
std::string attempt(const Layout& from, const Layout& to);

}  // namespace vsl::convert
