// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "number_checks.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

namespace vsl::command {
namespace {

template <class Number>
std::optional<Number> number_of(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

std::string text_of(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", number);
  return text;
}

std::string expected(const std::string& what, const std::string& given) {
  return "expected " + what + ", not '" + given + "'";
}

}  // namespace

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const std::string limits = most == kMostCounted
                                 ? " of " + std::to_string(least) + " or more"
                                 : " from " + std::to_string(least) + " to " + std::to_string(most);
  const auto check = [=](const std::string& text) {
    const auto number = number_of<std::uint64_t>(text);
    const bool good = number && *number >= least && *number <= most;
    return good ? std::string() : expected("a whole number" + limits, text);
  };
  return CLI::Validator(check, "");
}

CLI::Validator seconds_from(double least, double most) {
  const std::string limits = " from " + text_of(least) + " to " + text_of(most) + ", as 0.5";
  const auto check = [=](const std::string& text) {
    const auto number = number_of<double>(text);
    const bool good = number && std::isfinite(*number) && *number >= least && *number <= most;
    return good ? std::string() : expected("a number of seconds" + limits, text);
  };
  return CLI::Validator(check, "");
}

}  // namespace vsl::command
