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

/// For what is our bug unless the program around us has one: there, builds for users go on.
#ifdef NDEBUG
#define VSL_DEBUG_ASSERT(expression) static_cast<void>(sizeof(!(expression)))
#else
#define VSL_DEBUG_ASSERT(expression) VSL_ASSERT(expression)
#endif
