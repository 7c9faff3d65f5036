// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

/// CLOCK_MONOTONIC as the library sees it in a fuzzer: it stands still until the input moves it, so
/// that an input does the same every time and an hour costs nothing. Sleeping (ppoll, futex) looks
/// once and then lets the time pass. The linker puts this in place of the system's (--wrap).
namespace vsl::fuzz {

void advance_time(std::int64_t ns);

}  // namespace vsl::fuzz
