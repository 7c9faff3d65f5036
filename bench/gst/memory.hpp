// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

namespace vsl::gst_bench {

/// What this process keeps in memory: its own pages, and all of the shared memory it has open,
/// mapped or not.
std::uint64_t memory_bytes();

}  // namespace vsl::gst_bench
