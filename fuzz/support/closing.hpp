// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

namespace vsl::fuzz {

/// Whether what is closed now may block: close_elsewhere() is about it, which here closes at once,
/// so that an input leaves nothing behind.
bool may_block_now();

/// Counts a descriptor among those whose last close blocks. None ever is the last one in a fuzzer:
/// that it is closed where it could not hold the library up is checked at every close.
void count_as_blocker(int fd);
bool is_blocker(int fd);

}  // namespace vsl::fuzz
