// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "videostream/buffer.hpp"

namespace vsl {

/// `count` buffers of one sort: from the first place, of those that `options` allow, that has
/// memory for all of them. What a device can use of one frame it can use of the others too. Errors:
/// of the place that was asked for; of several, of the one that came nearest, and all named.
Result<std::vector<std::shared_ptr<Buffer>>> allocate_alike(std::size_t count, std::size_t bytes,
                                                            const MemoryOptions& options);

}  // namespace vsl
