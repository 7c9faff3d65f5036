// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdio>
#include <cstdlib>

#include "videostream/result.hpp"

/// What must hold after any input. A crash of our own making, so that libFuzzer keeps the input.
#define VSL_MUST(expression)                                                                    \
  do {                                                                                          \
    if (!(expression)) {                                                                        \
      std::fprintf(stderr, "fuzz: %s does not hold, %s:%d\n", #expression, __FILE__, __LINE__); \
      std::abort();                                                                             \
    }                                                                                           \
  } while (false)

namespace vsl::fuzz {

/// Whether it went well; a failure says what was attempted and why it failed.
template <class T>
bool good(const Result<T>& result) {
  if (!result) VSL_MUST(result.error().code && !result.error().where.empty());
  return result.has_value();
}

}  // namespace vsl::fuzz
