// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "attacks.hpp"
#include "census.hpp"
#include "stage.hpp"

/// Every attack by itself, beside an honest producer and two honest readers: does anybody notice?
namespace vsl::storm {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::uint32_t kReaders = 2;  // the newest frame; all in order
constexpr std::uint32_t kInOrder = 1;
constexpr std::uint64_t kSlackKb = 1024;
constexpr int kTries = 6;  // of what a busy machine can do as well

/// What of the account must not grow.
struct Sums {
  std::uint64_t torn = 0, stale = 0, evicted = 0, broke_in = 0;
};

Sums sums_of(const Score& score, std::uint32_t attacker) {
  Sums sums;
  for (std::uint32_t slot = 0; slot < kReaders; ++slot) {
    sums.torn += score.clients[slot].torn.load(kRelaxed);
    sums.stale += score.clients[slot].stale.load(kRelaxed);
    sums.evicted += score.clients[slot].evicted.load(kRelaxed);
  }
  sums.broke_in = score.clients[attacker].broke_in.load(kRelaxed);
  return sums;
}

class Scoreboard {
 public:
  explicit Scoreboard(Stage& stage) : stage_(stage), attacker_(stage.options.hoarder()) {}

  Result<void> run() {
    VSL_CHECK(stage_.start_host());
    VSL_CHECK(stage_.start_readers(kReaders));
    judge_all(stage_.options.only, "");
    VSL_CHECK(start_on_old_kernel());
    judge_all("attached to", ", as before Linux 6.16");
    stage_.end();
    char line[64];
    std::snprintf(line, sizeof line, "attacks %u, held %u\n", tried_, held_);
    stage_.report.text += line;
    stage_.report.json["attacks"] = tried_;
    stage_.report.json["held"] = held_;
    return {};
  }

 private:
  /// What the attack did, in a sentence; empty when nothing.
  std::string once(std::uint32_t index, const Attack& attack) {
    Score& score = *stage_.board;
    clear_phases(score);
    stage_.spend(kQuietNs, Phase::quiet);
    const Sums before = sums_of(score, attacker_);
    const std::uint64_t gave_up = stage_.crew.gave_up();
    score.settings.attack = index;
    score.settings.attack_as_host_user = attack.as_host_user;
    score.clients[attacker_].acts.store(0, kRelaxed);
    if (!stage_.crew.start(attacker_, Role::attacker)) return "could not be started";
    (void)stage_.until([&] {
      return score.clients[attacker_].acts.load(kRelaxed) > 0 || !stage_.crew.alive(attacker_);
    });
    score.phase.store(Phase::storm, kRelaxed);
    stage_.spend(kAttackNs);
    // A pause counts when it is over; one that goes on is no better.
    const std::uint64_t posted = score.host.posted.load(kRelaxed);
    const auto goes_on = [&] { return score.host.posted.load(kRelaxed) > posted + 1; };
    stopped_ = !stage_.until(goes_on, kStoppedNs);
    score.phase.store(Phase::between, kRelaxed);
    (void)stage_.kill(attacker_);
    if (stopped_) (void)stage_.until(goes_on);
    untried_ = stage_.crew.gave_up() > gave_up || score.clients[attacker_].acts == 0;
    return verdict(attack, before, sums_of(score, attacker_));
  }

  std::string verdict(const Attack& attack, const Sums& before, const Sums& after) {
    if (!stage_.crew.alive(Crew::kHost)) return "the host died";
    for (std::uint32_t slot = 0; slot < kReaders; ++slot) {
      if (!stage_.crew.alive(slot)) return "a reader died";
    }
    if (after.broke_in > before.broke_in) return stage_.board->clients[attacker_].finding;
    if (after.torn > before.torn) return "a frame was torn under a lease that stood";
    if (after.stale > before.stale) return "a frame was stale";
    if (after.evicted > before.evicted) return "a reader was disconnected";
    is_time_ = true;
    if (!stopped_ && !gives_back()) return "the host keeps " + grown_;
    return late(attack);
  }

  /// Of what a busy machine could do as well: judged beside a mere sleeper, and tried again.
  std::string late(const Attack& attack) const {
    const Score& score = *stage_.board;
    constexpr auto kQuiet = static_cast<std::size_t>(Phase::quiet);
    constexpr auto kStorm = static_cast<std::size_t>(Phase::storm);
    const std::int64_t period_ns = stage_.options.period_ns();
    const auto& sleeper = score.clients[stage_.options.metronome()].phases[kStorm].gap;
    const std::int64_t quiet_ns = std::max(score.host.phases[kQuiet].gap.longest_ns(), period_ns);
    const std::int64_t gap_ns = score.host.phases[kStorm].gap.longest_ns();
    const std::int64_t machine_ns = 2 * sleeper.longest_ns();
    if (stopped_) return "the producer stopped for seconds";
    char text[120];
    if (gap_ns > quiet_ns + 2 * period_ns + machine_ns) {
      std::snprintf(text, sizeof text, "the producer paused for %.1f ms, without it %.1f",
                    static_cast<double>(gap_ns) / kMs, static_cast<double>(quiet_ns) / kMs);
      return text;
    }
    const std::uint64_t lost = score.clients[kInOrder].phases[kStorm].longest_gap_frames;
    if (lost == 0 || attack.takes_frames || machine_ns > 2 * period_ns) return {};
    std::snprintf(text, sizeof text, "a reader lost %llu frames in a row",
                  static_cast<unsigned long long>(lost));
    return text;
  }

  bool gives_back() {
    const pid_t host = stage_.crew.pid(Crew::kHost);
    const auto back = [&] {
      const auto more = growth(before_, footprint_of(host), kSlackKb);
      grown_ = more.empty() ? "" : more.front();
      return more.empty();
    };
    if (stage_.until(back, kBackNs)) return true;
    // A thread that was needed for the first time stays, with its stack; what leaks grows each
    // time.
    before_ = most_of(before_, footprint_of(host));
    return false;
  }

  static void clear_phases(Score& score) {
    // Nobody writes there between the phases; a frame late by one counts in the next.
    for (const Phase phase : {Phase::quiet, Phase::storm}) {
      const auto index = static_cast<std::size_t>(phase);
      std::memset(static_cast<void*>(&score.host.phases[index]), 0,
                  sizeof score.host.phases[index]);
      for (auto& client : score.clients) {
        std::memset(static_cast<void*>(&client.phases[index]), 0, sizeof client.phases[index]);
      }
    }
  }

  /// Where the kernel cannot keep descriptors away, the host has to.
  Result<void> start_on_old_kernel() {
    stage_.crew.kill(Crew::kHost, SIGTERM);
    if (!stage_.until([&] { return !stage_.crew.alive(Crew::kHost); })) {
      return Error::of(std::errc::timed_out, "end the host");
    }
    stage_.board->settings.old_kernel = true;
    VSL_CHECK(stage_.crew.start_host(2));
    const auto served = [&] {
      return stage_.board->clients[0].last_life == 2 && stage_.board->clients[1].last_life == 2;
    };
    if (stage_.until(served)) return {};
    return Error::of(std::errc::timed_out, "start a host anew");
  }

  void judge_all(const std::string& part, const char* where) {
    stage_.spend(500 * kMs);
    before_ = footprint_of(stage_.crew.pid(Crew::kHost));
    const auto& all = attacks();
    for (std::uint32_t i = 0; i < all.size() && !interrupted(); ++i) {
      const bool wanted = all[i].name.find(part) != std::string::npos &&
                          all[i].name.find(stage_.options.only) != std::string::npos;
      if (wanted) judge(i, all[i], where);
      if (!stage_.crew.alive(Crew::kHost)) break;
    }
  }

  void judge(std::uint32_t index, const Attack& attack, const char* where) {
    std::string harm;
    for (int turn = 0; turn < kTries; ++turn) {
      is_time_ = false;
      harm = once(index, attack);
      if (harm.empty() || !is_time_ || untried_) break;
    }
    const char* const outcome = !harm.empty() ? "BROKEN"
                                : untried_    ? "cannot be tried here"
                                              : "held";
    const std::string line =
        std::string(outcome) + ": " + attack.name + where + (harm.empty() ? "" : ": " + harm);
    if (!stage_.options.json) std::fprintf(stderr, "%s\n", line.c_str());
    stage_.report.json["rows"].push_back(
        {{"attack", attack.name + where}, {"outcome", outcome}, {"harm", harm}});
    if (!harm.empty()) stage_.report.violations.push_back(line);
    if (untried_ && harm.empty()) return;
    ++tried_;
    held_ += harm.empty() ? 1 : 0;
  }

  static constexpr std::int64_t kQuietNs = 100 * kMs, kAttackNs = 250 * kMs,
                                kStoppedNs = 3000 * kMs, kBackNs = 5000 * kMs;
  Stage& stage_;
  const std::uint32_t attacker_;
  Footprint before_;
  std::string grown_;
  unsigned tried_ = 0, held_ = 0;
  bool untried_ = false, is_time_ = false, stopped_ = false;
};

}  // namespace

Result<void> run_attacks(Stage& stage) { return Scoreboard(stage).run(); }

}  // namespace vsl::storm
