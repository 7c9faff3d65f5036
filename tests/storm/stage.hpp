// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "crew.hpp"
#include "options.hpp"
#include "roles.hpp"

namespace vsl::storm {

/// For what surely comes unless something is broken: also under a sanitizer on a busy machine.
inline constexpr std::int64_t kPatienceNs = 60'000'000'000;

/// Set by SIGINT and SIGTERM.
bool interrupted();
void catch_interrupts();

struct ScenarioReport {
  nlohmann::ordered_json json;
  std::string text;
  std::vector<std::string> violations;
};

/// One question about the bus, asked with a host and few clients.
class Stage {
 public:
  Stage(const Options& options_in, const ScoreBoard& board_in)
      : options(options_in), board(board_in), crew(board_in) {}

  /// Spared readers in the slots from 0, after the host if it is ours.
  Result<void> start_readers(std::uint32_t count);
  Result<void> start_host();
  /// Runs until the condition holds; false when it does not in `patience_ns`.
  template <class Condition>
  bool until(const Condition& condition, std::int64_t patience_ns = kPatienceNs) {
    const std::int64_t give_up_ns = monotonic_ns() + patience_ns;
    while (!condition() && !interrupted()) {
      if (monotonic_ns() > give_up_ns) return false;
      for (std::string& fault : crew.reap()) report.violations.push_back(std::move(fault));
      ::usleep(500);
    }
    return true;
  }
  void spend(std::int64_t length_ns);
  /// The same in a phase of its own.
  void spend(std::int64_t length_ns, Phase phase);
  bool kill(std::uint32_t slot);
  /// Tells everybody to finish, waits for them and ends the host.
  void end();

  const Options& options;
  const ScoreBoard& board;
  Crew crew;
  ScenarioReport report;

 private:
  std::uint32_t readers_ = 0;
};

/// Each asks its question and adds the answer to the stage's report.
Result<void> run_frozen(Stage& stage);
Result<void> run_greedy_scenario(Stage& stage);
Result<void> run_killed(Stage& stage);
Result<void> run_attacks(Stage& stage);

}  // namespace vsl::storm
