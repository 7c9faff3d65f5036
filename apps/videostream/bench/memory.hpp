// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "control_page.hpp"

namespace vsl::bench {

/// Bytes of host memory that each of many connected but idle clients costs: anonymous memory and
/// the library's own shared memory, before against after they connect.
Result<double> host_bytes_per_idle_client(Settings settings);

}  // namespace vsl::bench
