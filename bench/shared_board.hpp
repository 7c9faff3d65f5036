// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <memory>

#include "wire/v2_protocol.hpp"

namespace vsl::bench {

/// A board in this process's own memory: what it costs without another core in the way.
class SharedBoard {
 public:
  SharedBoard() : board_(std::make_unique<wire::v2::Board>()) {
    wire::v2::init_board(*board_, 1, 1, "micro-benchmark", 0);
  }
  /// Posts serials 1 … count, each in the slot after the one before.
  void fill(std::uint64_t count) {
    for (std::uint64_t serial = 1; serial <= count; ++serial) {
      wire::v2::post(*board_, static_cast<std::uint32_t>(serial % wire::v2::kSlotCount), serial, {},
                     {});
    }
  }
  wire::v2::Board& operator*() { return *board_; }

 private:
  std::unique_ptr<wire::v2::Board> board_;
};

}  // namespace vsl::bench
