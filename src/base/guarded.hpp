// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <exception>
#include <new>
#include <system_error>
#include <utility>

#include "videostream/result.hpp"

namespace vsl {

/// The Error of an attempt for which there was no memory. Needs none itself.
Error out_of_memory(const char* attempt) noexcept;
/// The Error of what the standard library threw while we attempted something.
Error caught(const std::exception& exception, const char* attempt) noexcept;

/// Runs the body of a public function. No exception leaves it: the memory or the thread that the
/// standard library could not get is an Error like any other. docs/decisions/0009-no-memory.md
template <class Body>
auto guarded(const char* attempt, Body&& body) noexcept -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return out_of_memory(attempt);
  } catch (const std::exception& exception) {
    return caught(exception, attempt);
  }
}

}  // namespace vsl
