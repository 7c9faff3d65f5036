// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "videostream/inspect.hpp"

namespace vsl::command {

/// A client between two looks.
struct ClientRecent {
  std::optional<double> fps;  ///< frames it was given since the look before; unknown on the first
  Histogram wake_latency{}, hold_time{};  ///< of the last seconds
};

/// A look at a host, and what is only known from several of them.
struct TopView {
  std::string path;
  HostSnapshot host;
  std::int64_t now_ns = 0;  ///< CLOCK_MONOTONIC of the look
  double fps = 0;           ///< since the look before; of the host's whole life on the first one
  std::vector<ClientRecent> recent;  ///< one for each of the host's clients, in their order
};

/// Frames a second between two looks.
double fps_between(const HostSnapshot& before, std::int64_t before_ns, const HostSnapshot& after,
                   std::int64_t after_ns);

/// How far back the histograms of ClientRecent reach, where looks are not further apart.
inline constexpr std::int64_t kRecentNs = 10'000'000'000;

/// Looks at one host, remembered as long as something is told from them. A value.
class TopHistory {
 public:
  /// What a look at `now_ns` shows beside those before. Histograms have nothing to forget on the
  /// first look, and of a client that was not there before: they are of its whole life.
  TopView add(HostSnapshot host, std::int64_t now_ns);

 private:
  struct Look {
    std::int64_t at_ns;
    HostSnapshot host;
  };
  std::deque<Look> looks_;  // the oldest first
};

}  // namespace vsl::command
