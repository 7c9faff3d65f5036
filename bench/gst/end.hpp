// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

#include "meter.hpp"

namespace vsl::gst_bench {

/// A process of its own at one end of the transport: runs the pipeline, prints "ready" once buffers
/// flow, and a line of JSON about what has happened since at every SIGUSR1. SIGTERM ends it.
/// Returns the exit code.
int run_end(Side side, const std::string& pipeline_text);

}  // namespace vsl::gst_bench
