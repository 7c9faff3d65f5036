// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/unique_fd.hpp"
#include "videostream/buffer.hpp"

namespace vsl {

/// Counts the mappings that are made of somebody's buffers, whichever way they are asked for.
using MapCounter = std::shared_ptr<std::atomic<std::uint64_t>>;

/// Buffer::attach of an fd that is ours already, mapped with `most` at most. Errors: the same.
Result<std::shared_ptr<Buffer>> attach_owned(UniqueFd fd, std::size_t bytes, Access most,
                                             MapCounter map_counter = nullptr);

/// Whether an open file is a dma-buf.
bool is_dma_buf(int fd);

}  // namespace vsl
