// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "alias.hpp"

namespace vsl::command {

/// `vsl-camhost` of release 2.5 in the words of `stream`: a camera for clients of that release.
CommandLine camhost(const std::vector<std::string>& arguments);

}  // namespace vsl::command
