// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/av_error.hpp"

extern "C" {
#include <libavutil/error.h>
}

#include <utility>

namespace vsl::avformat {

Error av_failure(int code, std::string where) {
  constexpr int kLargestErrno = 4095;  // FFmpeg's own codes start above any errno
  const int errnum = AVUNERROR(code);
  if (errnum > 0 && errnum <= kLargestErrno) return Error::from_errno(errnum, std::move(where));
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return Error::of(std::errc::not_supported, where + " (" + text + ")");
}

}  // namespace vsl::avformat
