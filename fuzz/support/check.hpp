// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdio>
#include <cstdlib>

/// What must hold after any input. A crash of our own making, so that libFuzzer keeps the input.
#define VSL_MUST(expression)                                                                    \
  do {                                                                                          \
    if (!(expression)) {                                                                        \
      std::fprintf(stderr, "fuzz: %s does not hold, %s:%d\n", #expression, __FILE__, __LINE__); \
      std::abort();                                                                             \
    }                                                                                           \
  } while (false)
