// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vsl::command {

/// Text that came from another process, safe to show: control characters, bytes that are no UTF-8
/// and marks that turn the direction of writing become '?', so that it stays on its line and cannot
/// steer the terminal.
std::string printable(std::string_view text);

/// Cells of a terminal that `text` takes. A byte that is no UTF-8 takes one.
std::size_t display_width(std::string_view text);

/// `text` in at most `columns` cells: the middle gives way to "…", for names and paths differ at
/// both ends. 0 columns: as it is.
std::string shortened(std::string_view text, std::size_t columns);

/// Words one after another, two blanks apart, on lines of at most `columns` cells; 0: on one line.
/// Each word stays whole but one that is too long for a line, which is shortened.
std::string flowed(const std::vector<std::string>& words, std::size_t columns);

/// The first words that fit on one line of `columns` cells, two blanks apart.
std::string on_one_line(const std::vector<std::string>& words, std::size_t columns);

/// Sentences broken at blanks into lines of at most `columns` cells. What has no blank stays whole:
/// a path that was cut leads nowhere.
std::string wrapped(std::string_view text, std::size_t columns);

/// "812 B", "3.4 kB", "1.2 GB".
std::string bytes_text(std::uint64_t bytes);
/// "00:07", "1:02:03".
std::string clock_text(std::int64_t ns);

}  // namespace vsl::command
