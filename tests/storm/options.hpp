// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <string>

namespace vsl::storm {

struct Options {
  double seconds = 30, quiet_seconds = 5;
  std::uint32_t clients = 24;
  std::uint64_t seed = 0;  ///< 0: drawn, and printed
  std::uint32_t fps = 60, width_px = 640, height_px = 360, buffers = 8;
  double hold_ms = 0;  ///< 0: one frame period
  double kills_per_s = 4, stops_per_s = 1.2, host_ends_per_s = 0.25;
  std::string wire = "both";
  std::string scenario = "storm";
  std::string only;  ///< of the attacks, those whose name has it
  bool json = false, strict_times = false;

  std::int64_t period_ns() const { return 1'000'000'000 / fps; }
  std::int64_t hold_ns() const {
    return hold_ms > 0 ? static_cast<std::int64_t>(hold_ms * 1e6) : period_ns();
  }
  /// Slots of readers that nothing befalls: those whose gaps are measured.
  std::uint32_t healthy() const { return clients < 20 ? clients / 4 + 1 : clients / 4; }
  /// Slots behind the clients': of the mere sleeper, and of the hoarder of a scenario.
  std::uint32_t metronome() const { return clients; }
  std::uint32_t hoarder() const { return clients + 1; }
};

}  // namespace vsl::storm
