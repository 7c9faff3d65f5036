// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

namespace vsl::bench {

/// Times this process has called operator new, the library's calls included.
std::uint64_t allocations() noexcept;

}  // namespace vsl::bench
