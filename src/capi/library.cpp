// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "base/clock.hpp"
#include "videostream.h"

extern "C" const char* vsl_version(void) { return VSL_VERSION; }

extern "C" int64_t vsl_timestamp(void) { return vsl::monotonic_ns(); }

extern "C" uint32_t vsl_fourcc_from_string(const char* fourcc) {
  if (fourcc == nullptr || ::strnlen(fourcc, 5) != 4) return 0;
  return VSL_FOURCC(fourcc[0], fourcc[1], fourcc[2], fourcc[3]);
}
