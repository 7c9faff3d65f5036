// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

/// Checks for options that take a number. Their sentences say what is expected; those of CLI11 tell
/// the limits of a type, or nothing.
namespace vsl::command {

inline constexpr std::uint64_t kMostCounted = 1'000'000'000'000'000;

/// A whole number; without limits to speak of the sentence names none.
CLI::Validator whole_number(std::uint64_t least = 0, std::uint64_t most = kMostCounted);

/// Seconds, also with a fraction as 0.5.
CLI::Validator seconds_from(double least, double most = 1e9);

}  // namespace vsl::command
