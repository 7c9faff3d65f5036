// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "terminal.hpp"

namespace vsl::command {

enum class Align { left, right };

struct Column {
  std::string header;
  Align align = Align::right;
  /// Where there is no room for all, the column with the greatest number goes first; of equals the
  /// right one. 0 stays.
  unsigned rank = 0;
  /// Never narrower, so that a live table keeps still.
  std::size_t min_width = 0;
  /// Whether cells are shortened, down to min_width, before a column goes.
  bool elastic = false;
};

/// Rows of text under headers, fitted to a terminal. A value.
class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns; those that are missing are empty.
  void add_row(std::vector<std::string> cells);
  /// Whole lines, none wider than `size` has columns, and no more of them than it has rows: the
  /// last one says how many rows are not shown.
  std::string text(TerminalSize size) const;

 private:
  using Widths = std::vector<std::size_t>;  // of each column; 0: not shown

  Widths fit(std::size_t room) const;
  Widths natural_widths() const;
  std::string line(const std::vector<std::string>& cells, const Widths& widths,
                   std::size_t room) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace vsl::command
