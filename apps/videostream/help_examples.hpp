// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>

namespace vsl::command {

/// Lines to copy, for the end of a command's help; empty for a command without any.
std::string help_examples(const std::string& command);

}  // namespace vsl::command
