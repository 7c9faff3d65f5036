// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace vsl::command {

/// Writes a document to stdout at once; `indent` < 0: on one line. Text in it may be a path or a
/// peer's name in any encoding: bytes that are no UTF-8 are replaced.
void print_json(const nlohmann::ordered_json& document, int indent = 2);

}  // namespace vsl::command
