// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>

#include "terminal.hpp"
#include "top_history.hpp"

namespace vsl::command {

/// "431 ns", "12.5 us", "3.2 ms", "1.5 s".
std::string duration_text(std::int64_t ns);

/// What there is room for in `size`, in whole lines.
std::string top_text(const TopView& view, TerminalSize size);
std::string top_json(const TopView& view);

}  // namespace vsl::command
