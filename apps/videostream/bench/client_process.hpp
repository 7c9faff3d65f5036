// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

#include "videostream/result.hpp"

namespace vsl::bench {

/// The whole life of a client process: does the phases that the control page behind `fd` names, as
/// client `index`, until it is told to quit.
Result<void> run_client(int fd, std::uint32_t index);

}  // namespace vsl::bench
