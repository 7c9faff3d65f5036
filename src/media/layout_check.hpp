// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <span>

#include "videostream/frame_info.hpp"

namespace vsl {

/// Whether every byte a reader of this layout may touch lies inside buffers of these sizes. For
/// layouts from a peer, a caller or a driver: any bytes are safe to pass. Formats of the table are
/// held to their planes and rows; opaque ones to their buffers.
/// Errors: invalid_argument, with a sentence. Allocates nothing when the layout is good.
Result<void> check_layout(const Layout& layout, std::span<const std::uint64_t> buffer_sizes);

}  // namespace vsl
