// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "base/unique_fd.hpp"

namespace vsl {

/// Closes a descriptor that may come from somebody else, on a thread that nobody waits for.
/// Closing the last descriptor of a foreign file can block for as long as its sender likes: a TCP
/// socket with SO_LINGER and unsent data, a file whose file system never answers, a UNIX socket in
/// whose queue one of these waits. Returns at once and never fails: the thread is started by the
/// call and ends when there is nothing left to close. Where no thread can be had the descriptor
/// stays open until the next call. In a forked child it works as in the parent.
/// Threads: thread-safe, also under a lock of the caller's.
/// See:     docs/decisions/0010-descriptors-that-block-when-closed.md
void close_elsewhere(UniqueFd fd) noexcept;

}  // namespace vsl
