// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "meter.hpp"
#include "transports.hpp"

namespace vsl::gst_bench {

/// The least that handing on a picture can cost: the producer writes it into shared memory that is
/// mapped at both ends and wakes who sleeps on a futex word. No pipelines, no bookkeeping, nobody
/// keeps the producer from writing over what is being read.
std::string floor_text(const Picture& picture, const std::string& path);
bool is_floor(const std::string& text);

/// As run_end(), for a text of floor_text().
int run_floor(Side side, const std::string& text);

}  // namespace vsl::gst_bench
