// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>
#include <vector>

#include "videostream/result.hpp"

namespace vsl::v4l2 {

/// The paths of the entries of `folder` that are called as V4L2's video nodes are, video0, video1
/// …, in the order of their numbers: video2 comes before video10. What they are is not looked at.
/// Errors: errno of reading the folder.
Result<std::vector<std::string>> video_nodes(const std::string& folder);

}  // namespace vsl::v4l2
