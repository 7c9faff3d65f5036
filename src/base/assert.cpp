// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace vsl::detail {

void assert_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "videostream: broken invariant %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace vsl::detail
