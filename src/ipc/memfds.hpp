// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>
#include <vector>

#include "base/mapping.hpp"

namespace vsl::ipc {

/// The memory of other processes, which tools look at: memfds have names.

/// The descriptors of a process, as paths, that lead to memfds whose name begins so. Errors: those
/// of opendir: no_such_file_or_directory (it ended), permission_denied (another user's).
Result<std::vector<std::string>> find_memfds(int pid, const std::string& name);

/// Errors: of open; not_supported (its size can change, or it is smaller than `bytes`).
Result<Mapping> map_memfd(const std::string& path, std::size_t bytes);

template <class T>
Result<Mapping> map_memfd(const std::string& path) {
  return map_memfd(path, sizeof(T));
}

}  // namespace vsl::ipc
