// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

namespace vsl::avformat {

/// Whether a failed sync only says that what is written there needs none, or has none: a pipe.
bool has_no_sync(int errnum);

/// "." when `path` names none.
std::string folder_of(const std::string& path);

/// Brings the names in the folder of `path` to the disk, where that can be asked for.
void sync_folder_of(const std::string& path);

}  // namespace vsl::avformat
