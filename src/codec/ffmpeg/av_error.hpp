// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

extern "C" {
#include <libavutil/error.h>
}

#include <string>

#include "videostream/result.hpp"

namespace vsl::codec {

/// FFmpeg's negative codes are negated errnos, or tags of its own that come out as not_supported.
inline Error av_failure(int code, std::string where) {
  const int errnum = AVUNERROR(code);
  if (errnum > 0 && errnum < 4096) return Error::from_errno(errnum, std::move(where));
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return Error::of(std::errc::not_supported, where + " (" + text + ")");
}

}  // namespace vsl::codec
