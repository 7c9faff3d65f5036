// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <memory>

#include "control_page.hpp"

namespace vsl::bench {

/// A frame as its consumer met it.
struct Arrival {
  std::uint64_t serial = 0;  ///< 0 = nothing came in time
  std::int64_t at_ns = 0;    ///< when its pixels could be read, and were if asked to touch them
};

/// One way of consuming frames, C++ or C. A frame is given back before receive() returns.
class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual Result<Arrival> receive() = 0;
  virtual std::uint64_t fds_received() const = 0;
  virtual std::uint64_t maps() const = 0;
};

Result<std::unique_ptr<Receiver>> open_receiver(const Settings& settings, std::uint32_t index);

}  // namespace vsl::bench
