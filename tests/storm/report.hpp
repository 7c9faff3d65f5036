// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "storm.hpp"

namespace vsl::storm {

/// Adds what the score says was violated, and with `strict_times` what took too long.
void judge(const Options& options, const Score& score, Outcome& outcome);
/// What the machine alone may have added to a time: the longest oversleep of the storm, twice, for
/// host and reader may both have to wait for a processor.
std::int64_t machine_delay_ns(const Options& options, const Score& score);
nlohmann::ordered_json to_json(const Options& options, const Score& score, const Outcome& outcome);
/// The same for a person.
std::string to_text(const nlohmann::ordered_json& report);

}  // namespace vsl::storm
