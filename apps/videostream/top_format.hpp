// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>

#include "videostream/inspect.hpp"

namespace vsl::command {

/// A look at a host, and what is only known from two of them.
struct TopView {
  std::string path;
  HostSnapshot host;
  std::int64_t now_ns = 0;  ///< CLOCK_MONOTONIC of the look
  double fps = 0;           ///< since the look before; of the host's whole life on the first one
};

/// Frames a second between two looks.
double fps_between(const HostSnapshot& before, std::int64_t before_ns, const HostSnapshot& after,
                   std::int64_t after_ns);
/// "431 ns", "12.5 us", "3.2 ms", "1.5 s".
std::string duration_text(std::int64_t ns);
/// Text that came from another process: control characters become '?', so that it stays on its line
/// and cannot steer the terminal.
std::string printable(const std::string& text);

std::string top_text(const TopView& view);
std::string top_json(const TopView& view);

}  // namespace vsl::command
