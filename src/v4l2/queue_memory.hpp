// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "v4l2/probe.hpp"

namespace vsl::v4l2 {

/// The QueueMemory bits of the queue of this V4L2_BUF_TYPE_*, without disturbing who uses it; 0
/// when the driver would not say, as some do while another program has the queue.
std::uint32_t queue_memory(const Ask& ask, std::uint32_t queue);

}  // namespace vsl::v4l2
