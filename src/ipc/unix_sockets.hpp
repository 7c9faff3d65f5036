// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "videostream/result.hpp"

namespace vsl::ipc {

/// What a socket that listens for packets was bound to.
struct ListeningSocket {
  std::string name;              ///< as hosts are named: a path, or the bytes of an abstract name
  std::uint32_t file_inode = 0;  ///< of a path: the lower bits of its file's, when it was bound
};

/// Those of this network namespace, by the inode of the socket. From the kernel's tables
/// (sock_diag) and not /proc/net/unix, a text in which a name may write lines of its own.
/// Errors: errno (without unix_diag: no_such_file_or_directory, or not_supported).
Result<std::unordered_map<std::uint64_t, ListeningSocket>> listening_sockets();

/// Whether a host's name still leads to the file that its socket was bound to. Who removes the file
/// and goes on listening keeps the name in the kernel's table.
bool leads_to(const ListeningSocket& socket);

}  // namespace vsl::ipc
