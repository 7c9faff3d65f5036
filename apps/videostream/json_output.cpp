// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "json_output.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace vsl::command {

void print_json(const nlohmann::ordered_json& document, int indent) {
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  std::printf("%s\n", document.dump(indent, ' ', false, kReplace).c_str());
  std::fflush(stdout);
}

}  // namespace vsl::command
