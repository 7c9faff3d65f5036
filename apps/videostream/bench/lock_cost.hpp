// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>

#include "control_page.hpp"
#include "videostream/client.hpp"

namespace vsl::bench {

/// Times vsl_frame_trylock + vsl_frame_unlock on the newest frame, in batches, since one pair is
/// shorter than reading the clock. The results are this client's samples, ns a pair.
Result<void> measure_locks(const ControlPage& page);

/// Times leasing a waiting frame and giving it back with the C++ API. The producer posts a batch,
/// then this walks through it in order; one sample a batch, ns a frame.
class LeaseMeter {
 public:
  Result<void> measure(const ControlPage& page);

 private:
  std::optional<Client> client_;  // connects in the first batch, which nobody counts
};

}  // namespace vsl::bench
