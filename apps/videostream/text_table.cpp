// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "text_table.hpp"

#include <algorithm>
#include <utility>

#include "display_text.hpp"

namespace vsl::command {
namespace {

constexpr std::size_t kGap = 2;

std::size_t line_width(const std::vector<std::size_t>& widths) {
  std::size_t all = 0;
  for (const std::size_t width : widths) all += width == 0 ? 0 : width + kGap;
  return all == 0 ? 0 : all - kGap;
}

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::string blanks(width - std::min(width, display_width(text)), ' ');
  return align == Align::right ? blanks + text : text + blanks;
}

}  // namespace

void TextTable::add_row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

TextTable::Widths TextTable::natural_widths() const {
  Widths widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = std::max(display_width(columns_[i].header), columns_[i].min_width);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    widths.push_back(width);
  }
  return widths;
}

TextTable::Widths TextTable::fit(std::size_t room) const {
  Widths widths = natural_widths();
  if (room == 0) return widths;
  Widths least = widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].elastic) least[i] = columns_[i].min_width;
  }
  while (line_width(least) > room) {
    std::size_t last = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const unsigned rank = least[i] == 0 ? 0 : columns_[i].rank;
      if (rank > 0 && (columns_[last].rank <= rank || least[last] == 0)) last = i;
    }
    if (columns_[last].rank == 0 || least[last] == 0) break;  // all that are left have to stay
    widths[last] = least[last] = 0;
  }
  // What is too wide now is the elastic columns' matter: the widest gives first.
  while (line_width(widths) > room) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool gives = widths[i] > least[i];
      if (gives && (widest == columns_.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
  }
  return widths;
}

std::string TextTable::line(const std::vector<std::string>& cells, const Widths& widths,
                            std::size_t room) const {
  std::string text;
  bool first = true;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (widths[i] == 0) continue;
    if (!std::exchange(first, false)) text.append(kGap, ' ');
    text += padded(shortened(cells[i], widths[i]), widths[i], columns_[i].align);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return shortened(text, room) + "\n";
}

std::string TextTable::text(TerminalSize size) const {
  const Widths widths = fit(size.columns);
  std::vector<std::string> headers;
  for (const Column& column : columns_) headers.push_back(column.header);
  std::string text = line(headers, widths, size.columns);
  std::size_t shown = rows_.size();
  if (size.rows != 0 && shown + 1 > size.rows) shown = size.rows > 2 ? size.rows - 2 : 0;
  for (std::size_t i = 0; i < shown; ++i) text += line(rows_[i], widths, size.columns);
  if (shown == rows_.size()) return text;
  return text + shortened("… " + std::to_string(rows_.size() - shown) + " more", size.columns) +
         "\n";
}

}  // namespace vsl::command
