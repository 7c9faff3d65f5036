// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

namespace vsl::avformat {

/// Whether a failed sync only says that what is written there needs none, or has none: a pipe.
bool has_no_sync(int errnum);

}  // namespace vsl::avformat
