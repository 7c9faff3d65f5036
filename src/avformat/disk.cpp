// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/disk.hpp"

#include <cerrno>

namespace vsl::avformat {

bool has_no_sync(int errnum) { return errnum == EINVAL || errnum == EROFS || errnum == ENOTSUP; }

}  // namespace vsl::avformat
