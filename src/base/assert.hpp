// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

namespace vsl::detail {
[[noreturn]] void assert_failed(const char* expression, const char* file, int line) noexcept;
}

/// For our own broken invariants, in every build. Never for bytes from a peer, a device, a file or
/// a caller.
#define VSL_ASSERT(expression) \
  ((expression) ? void() : ::vsl::detail::assert_failed(#expression, __FILE__, __LINE__))
