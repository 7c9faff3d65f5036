// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>

#include "videostream/result.hpp"

namespace vsl {

/// Whether the machine can give `bytes` of memory. Committing a memfd of more than there is does
/// not fail: the kernel kills processes, and not only ours, until there is room. So ask before.
/// Errors: not_enough_memory. Best effort: others may take the memory in between.
Result<void> check_available_memory(std::size_t bytes);

}  // namespace vsl
