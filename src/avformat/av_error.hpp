// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "videostream/result.hpp"

namespace vsl::avformat {

/// The Error of a negative FFmpeg code: a negated errno, or one of FFmpeg's own, which comes out as
/// not_supported with FFmpeg's words.
Error av_failure(int code, std::string where);

}  // namespace vsl::avformat
