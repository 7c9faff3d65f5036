// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <utility>

#include "base/guarded.hpp"

namespace vsl::capi {

/// Sets errno and what vsl_last_error() says, of which 511 bytes are kept. Allocates nothing.
void fail(const Error& error) noexcept;
void fail(int errnum, const char* where) noexcept;

/// fail() and the value a C function returns then: `return failed(-1, EINVAL, "…")`.
template <class T>
T failed(T value, int errnum, const char* where) noexcept {
  fail(errnum, where);
  return value;
}

/// Runs the body of a C function: its error becomes errno, the sentence, and `failure`. Exceptions
/// of others stop here.
template <class T, class Body>
T guard(T failure, Body&& body) noexcept {
  Result<T> result =
      guarded("allocate memory", [&]() -> Result<T> { return std::forward<Body>(body)(); });
  if (result) return std::move(result).value();
  fail(result.error());
  return failure;
}

/// The same for a body that returns Result<void>: 0 or -1.
template <class Body>
int guard_status(Body&& body) noexcept {
  return guard<int>(-1, [&]() -> Result<int> {
    VSL_CHECK(std::forward<Body>(body)());
    return 0;
  });
}

}  // namespace vsl::capi
