// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "display_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace vsl::command {
namespace {

/// A character and the bytes it was read from; `valid` false: one byte that is no UTF-8.
struct Character {
  char32_t code;
  std::size_t bytes;
  bool valid;
};

Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Character bad{byte(0), 1, false};
  if (byte(0) < 0x80) return {byte(0), 1, true};
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return bad;
  char32_t code = byte(0) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return bad;
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[length] || code > 0x10ffff || surrogate) return bad;
  return {code, length, true};
}

using Range = std::pair<char32_t, char32_t>;

template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t code) {
  return std::any_of(std::begin(ranges), std::end(ranges), [&](const Range& range) {
    return code >= range.first && code <= range.second;
  });
}

// The blocks that people's names come from; Unicode's own table has a thousand lines.
constexpr Range kWide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                           {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                           {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
constexpr Range kNoCell[] = {{0x300, 0x36f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};
constexpr Range kSteers[] = {{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},  {0x200b, 0x200f},
                             {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}};

std::size_t cells_of(const Character& character) {
  if (!character.valid) return 1;
  return is_in(kNoCell, character.code) ? 0 : is_in(kWide, character.code) ? 2 : 1;
}

/// As many characters from the front as fit.
std::string_view front(std::string_view text, std::size_t columns) {
  std::size_t used = 0, at = 0;
  while (at < text.size()) {
    const Character next = first_of(text.substr(at));
    if (used + cells_of(next) > columns) break;
    used += cells_of(next);
    at += next.bytes;
  }
  return text.substr(0, at);
}

/// As few characters from the front left away as leave what fits.
std::string_view back(std::string_view text, std::size_t columns) {
  std::size_t left = display_width(text);
  while (left > columns) {
    const Character next = first_of(text);
    left -= cells_of(next);
    text.remove_prefix(next.bytes);
  }
  return text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Character next = first_of(text);
    const bool harmless = next.valid && !is_in(kSteers, next.code);
    result += harmless ? text.substr(0, next.bytes) : "?";
    text.remove_prefix(next.bytes);
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character next = first_of(text);
    width += cells_of(next);
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (columns == 0 || display_width(text) <= columns) return std::string(text);
  const std::size_t kept = columns - 1;
  std::string result(front(text, kept - kept / 2));
  result += "…";
  return result += back(text, kept / 2);
}

std::string flowed(const std::vector<std::string>& words, std::size_t columns) {
  std::string text;
  std::size_t used = 0;
  for (const std::string& word : words) {
    const std::string fitting = shortened(word, columns);
    const std::size_t width = display_width(fitting);
    const bool fits = columns == 0 || used + 2 + width <= columns;
    if (used > 0) text += fits ? "  " : "\n";
    used = used > 0 && fits ? used + 2 + width : width;
    text += fitting;
  }
  return text + "\n";
}

std::string on_one_line(const std::vector<std::string>& words, std::size_t columns) {
  std::string text;
  for (const std::string& word : words) {
    const std::string longer = text.empty() ? word : text + "  " + word;
    if (columns != 0 && display_width(longer) > columns) break;
    text = longer;
  }
  return text.empty() && !words.empty() ? shortened(words.front(), columns) : text;
}

std::string wrapped(std::string_view text, std::size_t columns) {
  std::string result;
  std::size_t used = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t width = display_width(word);
    const bool fits = columns == 0 || used + 1 + width <= columns;
    if (used > 0) result += fits ? " " : "\n";
    used = used > 0 && fits ? used + 1 + width : width;
    result += word;
  }
  return result + "\n";
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %s", unit == 0 ? 0 : 1, value, kUnits[unit]);
  return text;
}

std::string clock_text(std::int64_t ns) {
  const long long seconds = std::max<std::int64_t>(ns, 0) / 1'000'000'000;
  char text[32];
  if (seconds < 3600) {
    std::snprintf(text, sizeof text, "%02lld:%02lld", seconds / 60, seconds % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60,
                  seconds % 60);
  }
  return text;
}

}  // namespace vsl::command
