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

/// Buffer::attach of an fd that is ours already, mapped with `most` at most. With a counter it is
/// one from a peer: closed where it cannot block us, faulted in as far as frames use it, and what
/// is no memory is not asked more than the kernel knows by itself. Errors: the same.
Result<std::shared_ptr<Buffer>> attach_owned(UniqueFd fd, std::size_t bytes, Access most,
                                             MapCounter map_counter = nullptr);

/// Whether an open file is a dma-buf.
bool is_dma_buf(int fd);
/// The same of a file from a peer, whose file system may be one that never answers.
bool turns_out_dma_buf(int fd) noexcept;

}  // namespace vsl
