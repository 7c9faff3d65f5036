// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <string>
#include <vector>

#include "census.hpp"
#include "crew.hpp"
#include "options.hpp"

namespace vsl::storm {

/// One process at two equal quiet points.
struct Compared {
  std::string who;
  Footprint before, after;
};

/// What was done and found beside what the score says.
struct Outcome {
  std::uint64_t kills = 0, stops = 0, host_kills = 0, host_closes = 0;
  std::uint64_t processes = 0, gave_up = 0;
  std::uint32_t lives = 0;
  std::uint32_t free_buffers = 0;
  bool interrupted = false;
  std::vector<Compared> compared;
  std::vector<std::string> violations;
};

/// A host, its readers, and everything that befalls them.
class Storm {
 public:
  Storm(const Options& options, const ScoreBoard& board);
  /// Errors: what kept the storm from beginning. What went wrong in it is in the outcome.
  Result<Outcome> run();

 private:
  static constexpr std::int64_t kSecondNs = 1'000'000'000;

  Result<void> start();
  void part(std::int64_t length_ns, double host_ends_per_s);
  void tick(std::int64_t now_ns);
  void perform(const Action& action, std::int64_t now_ns);
  void quiet();
  void calm(const char* name);
  void end();
  void note_footprints();
  void compare_footprints(const char* name, bool host_too);
  void audit_buffers();
  bool readers_are_served() const;
  void show_progress(std::int64_t now_ns);
  void blame(const std::string& sentence);
  template <class Condition>
  bool until(const Condition& condition, std::int64_t patience_ns);

  const Options& options_;
  const ScoreBoard& board_;
  const std::uint32_t healthy_, metronome_;
  const Cast cast_;
  Crew crew_;
  Outcome outcome_;
  std::vector<std::uint32_t> generations_;
  bool victims_wanted_ = false, quiet_cast_ = false, host_wanted_ = true;
  std::int64_t host_due_ns_ = 0, end_ns_ = 0, next_progress_ns_ = 0;
  std::uint32_t life_ = 0;
  std::vector<Footprint> readers_before_;
  Footprint host_before_;
};

}  // namespace vsl::storm
