// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "storm.hpp"

namespace vsl::storm {

/// Adds what the score says was violated, and with `strict_times` what took too long.
void judge(const Options& options, const Score& score, Outcome& outcome);
nlohmann::ordered_json to_json(const Options& options, const Score& score, const Outcome& outcome);
/// The same for a person.
std::string to_text(const nlohmann::ordered_json& report);

}  // namespace vsl::storm
