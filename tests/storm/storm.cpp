// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "storm.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "base/clock.hpp"
#include "stage.hpp"

namespace vsl::storm {
namespace {

constexpr std::int64_t kMs = 1'000'000;
/// What an allocator may keep from one quiet point to the next. A leak of a few bytes for each of
/// the thousands of clients is far above it. Sanitizers find leaks their own way.
constexpr std::uint64_t kSlackKb = kSanitized ? UINT32_MAX : 1024;

void pause_ms(std::int64_t ms) { ::usleep(static_cast<useconds_t>(ms * 1000)); }

}  // namespace

Storm::Storm(const Options& options, const ScoreBoard& board)
    : options_(options),
      board_(board),
      healthy_(options.healthy()),
      metronome_(options.metronome()),
      cast_{options.wire != "2", options.wire != "1"},
      crew_(board),
      generations_(options.clients + 1) {}

void Storm::blame(const std::string& sentence) {
  constexpr std::size_t kMost = 50;
  if (outcome_.violations.size() < kMost) outcome_.violations.push_back(sentence);
}

template <class Condition>
bool Storm::until(const Condition& condition, std::int64_t patience_ns) {
  const std::int64_t give_up_ns = monotonic_ns() + patience_ns;
  while (!condition()) {
    const std::int64_t now_ns = monotonic_ns();
    if (now_ns > give_up_ns) return false;
    tick(now_ns);
    pause_ms(2);
  }
  return true;
}

/// Everybody who should be there is, and nobody else.
void Storm::tick(std::int64_t now_ns) {
  for (std::string& fault : crew_.reap()) blame(fault);
  crew_.resume_due(now_ns);
  if (host_wanted_ && !crew_.alive(Crew::kHost) && now_ns >= host_due_ns_) {
    if (auto started = crew_.start_host(++life_); !started) blame(started.error().message());
  }
  for (std::uint32_t slot = healthy_; slot < options_.clients && victims_wanted_; ++slot) {
    if (crew_.alive(slot)) continue;
    const std::uint32_t generation = ++generations_[slot];
    const Role role =
        quiet_cast_ ? healthy_role(slot, cast_) : odd_role(options_.seed, slot, generation, cast_);
    if (auto started = crew_.start(slot, role); !started) blame(started.error().message());
  }
  show_progress(now_ns);
}

bool Storm::readers_are_served() const {
  const std::uint32_t life = board_->life.load(std::memory_order_acquire);
  for (std::uint32_t slot = 0; slot < healthy_; ++slot) {
    if (board_->clients[slot].last_life.load(kRelaxed) != life) return false;
  }
  return life == life_ && board_->host.clients.load(kRelaxed) == healthy_;
}

Result<void> Storm::start() {
  tick(monotonic_ns());
  for (std::uint32_t slot = 0; slot < healthy_; ++slot) {
    VSL_CHECK(crew_.start(slot, healthy_role(slot, cast_)));
  }
  VSL_CHECK(crew_.start(metronome_, Role::metronome));
  if (until([&] { return readers_are_served(); }, kPatienceNs)) return {};
  return Error::of(std::errc::timed_out, "start a host and its readers");
}

void Storm::quiet() {
  if (options_.quiet_seconds <= 0) return;
  quiet_cast_ = victims_wanted_ = true;
  const std::int64_t settled_ns = monotonic_ns() + kSecondNs;
  (void)until([&] { return monotonic_ns() > settled_ns || interrupted(); }, kPatienceNs);
  board_->phase.store(Phase::quiet, kRelaxed);
  const auto length_ns = static_cast<std::int64_t>(options_.quiet_seconds * 1e9);
  const std::int64_t end_ns = monotonic_ns() + length_ns;
  (void)until([&] { return monotonic_ns() > end_ns || interrupted(); }, length_ns + kPatienceNs);
  board_->phase.store(Phase::between, kRelaxed);
  quiet_cast_ = false;
}

void Storm::perform(const Action& action, std::int64_t now_ns) {
  switch (action.kind) {
    case Action::Kind::kill_client:
      outcome_.kills += crew_.kill(action.slot, SIGKILL);
      return;
    case Action::Kind::stop_client:
      outcome_.stops += crew_.stop(action.slot, now_ns + action.for_ns);
      return;
    case Action::Kind::kill_host:
    case Action::Kind::close_host:
      // Not before it listens: what one that is killed while it starts leaves is another question.
      if (board_->life.load(std::memory_order_acquire) != life_) return;
      host_due_ns_ = now_ns + action.for_ns;
      const bool kill = action.kind == Action::Kind::kill_host;
      const bool hit = crew_.kill(Crew::kHost, kill ? SIGKILL : SIGTERM);
      (kill ? outcome_.host_kills : outcome_.host_closes) += hit;
  }
}

void Storm::part(std::int64_t length_ns, double host_ends_per_s) {
  const auto schedule = make_schedule({.seed = options_.seed,
                                       .length_ns = length_ns,
                                       .first_slot = healthy_,
                                       .slots = options_.clients,
                                       .kills_per_s = options_.kills_per_s,
                                       .stops_per_s = options_.stops_per_s,
                                       .host_ends_per_s = host_ends_per_s});
  victims_wanted_ = true;
  board_->phase.store(Phase::storm, kRelaxed);
  const std::int64_t start_ns = monotonic_ns();
  auto next = schedule.begin();
  (void)until(
      [&] {
        const std::int64_t now_ns = monotonic_ns();
        for (; next != schedule.end() && start_ns + next->at_ns <= now_ns; ++next) {
          perform(*next, now_ns);
        }
        return now_ns - start_ns > length_ns || interrupted();
      },
      length_ns + kPatienceNs);
  board_->phase.store(Phase::between, kRelaxed);
}

void Storm::calm(const char* name) {
  victims_wanted_ = false;
  for (std::uint32_t slot = healthy_; slot < options_.clients; ++slot) crew_.kill(slot, SIGKILL);
  const bool all_gone = until(
      [&] {
        for (std::uint32_t slot = healthy_; slot < options_.clients; ++slot) {
          if (crew_.alive(slot)) return false;
        }
        return crew_.orphans() == 0;
      },
      kPatienceNs);
  if (!all_gone) blame(std::string(name) + ": processes are left that nobody started");
  if (until([&] { return readers_are_served(); }, kPatienceNs)) return;
  for (std::uint32_t slot = 0; slot < healthy_; ++slot) {
    if (board_->clients[slot].last_life.load(kRelaxed) == life_) continue;
    blame(std::string(name) + ": reader " + std::to_string(slot) + " (" +
          std::string(name_of(crew_.role(slot))) + ") is stuck");
  }
  const std::uint32_t clients = board_->host.clients.load(kRelaxed);
  if (clients != healthy_) {
    blame(std::string(name) + ": the host counts " + std::to_string(clients) + " clients, and " +
          std::to_string(healthy_) + " are there");
  }
}

void Storm::note_footprints() {
  readers_before_.assign(healthy_ + 1, {});
  host_before_ = {};
  // The most of a while, in which every buffer came round: mapped once by each of them.
  const std::int64_t end_ns = monotonic_ns() + 3 * kSecondNs;
  std::int64_t next_ns = 0;
  (void)until(
      [&] {
        const std::int64_t now_ns = monotonic_ns();
        if (now_ns < next_ns) return false;
        next_ns = now_ns + 200 * kMs;
        for (std::uint32_t slot = 0; slot < healthy_; ++slot) {
          readers_before_[slot] = most_of(readers_before_[slot], footprint_of(crew_.pid(slot)));
        }
        host_before_ = most_of(host_before_, footprint_of(crew_.pid(Crew::kHost)));
        return now_ns > end_ns;
      },
      kPatienceNs);
}

void Storm::compare_footprints(const char* name, bool host_too) {
  const auto compare = [&](const std::string& who, pid_t pid, const Footprint& before) {
    Footprint after;
    const auto settled = [&] {
      after = footprint_of(pid);
      return growth(before, after, kSlackKb).empty();
    };
    if (!until(settled, 10 * kSecondNs)) {
      for (const auto& leak : growth(before, after, kSlackKb)) {
        blame(std::string(name) + ": " + who + " leaked " + leak);
      }
    }
    outcome_.compared.push_back({std::string(name) + ", " + who, before, after});
  };
  for (std::uint32_t slot = 0; slot < healthy_; ++slot) {
    compare("reader " + std::to_string(slot) + " " + std::string(name_of(crew_.role(slot))),
            crew_.pid(slot), readers_before_[slot]);
  }
  if (host_too) compare("host", crew_.pid(Crew::kHost), host_before_);
}

void Storm::audit_buffers() {
  HostScore& host = board_->host;
  const auto all_free = [&] {
    if (host.audit_done.load(std::memory_order_acquire) != host.audit_wanted.load(kRelaxed)) {
      return false;
    }
    outcome_.free_buffers = host.audit_free.load(kRelaxed);
    if (outcome_.free_buffers == options_.buffers) return true;
    ++host.audit_wanted;
    return false;
  };
  ++host.audit_wanted;
  if (until(all_free, kPatienceNs / 2)) return;
  blame("of " + std::to_string(options_.buffers) + " buffers " +
        std::to_string(outcome_.free_buffers) + " can be had: the others are lost");
}

void Storm::end() {
  board_->finish.store(true, kRelaxed);
  const auto nobody = [&] {
    for (std::uint32_t slot = 0; slot <= metronome_; ++slot) {
      if (crew_.alive(slot)) return false;
    }
    return true;
  };
  if (!until(nobody, kPatienceNs)) blame("readers that were told to finish did not");
  audit_buffers();
  host_wanted_ = false;
  crew_.kill(Crew::kHost, SIGTERM);
  if (!until([&] { return !crew_.alive(Crew::kHost); }, kPatienceNs)) {
    blame("the host that was told to end did not");
  }
  const auto directory = std::filesystem::path(board_->settings.socket).parent_path();
  for (const auto& left : std::filesystem::directory_iterator(directory)) {
    blame("the hosts left " + left.path().filename().string() + " beside their socket");
  }
}

Result<Outcome> Storm::run() {
  VSL_CHECK(start());
  quiet();
  calm("before");
  note_footprints();
  const double first_s = options_.host_ends_per_s > 0 ? options_.seconds * 0.6 : 0;
  end_ns_ = monotonic_ns() + static_cast<std::int64_t>(options_.seconds * 1e9);
  if (first_s > 0) {
    part(static_cast<std::int64_t>(first_s * 1e9), options_.host_ends_per_s);
    calm("after the storm with dying hosts");
    compare_footprints("after the storm with dying hosts", false);
  }
  note_footprints();
  part(static_cast<std::int64_t>((options_.seconds - first_s) * 1e9), 0);
  calm("after the storm around one host");
  compare_footprints("after the storm around one host", true);
  end();
  outcome_.processes = crew_.started();
  outcome_.gave_up = crew_.gave_up();
  outcome_.lives = life_;
  outcome_.interrupted = interrupted();
  return std::move(outcome_);
}

void Storm::show_progress(std::int64_t now_ns) {
  if (now_ns < next_progress_ns_ || ::isatty(STDERR_FILENO) == 0) return;
  next_progress_ns_ = now_ns + kSecondNs / 2;
  std::uint64_t whole = 0, bad = 0, told = 0;
  for (const ClientScore& client : board_->clients) {
    whole += client.whole.load(kRelaxed);
    told += client.told.load(kRelaxed);
    bad +=
        client.torn.load(kRelaxed) + client.stale.load(kRelaxed) + client.old_life.load(kRelaxed);
  }
  const double left_s = static_cast<double>(std::max<std::int64_t>(end_ns_ - now_ns, 0)) / 1e9;
  std::fprintf(stderr,
               "\r%5.0f s left  %llu frames whole, %llu bad, %llu told  %llu kills, %llu stops, "
               "%u hosts, %zu violations ",
               end_ns_ == 0 ? options_.seconds : left_s, static_cast<unsigned long long>(whole),
               static_cast<unsigned long long>(bad), static_cast<unsigned long long>(told),
               static_cast<unsigned long long>(outcome_.kills),
               static_cast<unsigned long long>(outcome_.stops), life_, outcome_.violations.size());
}

}  // namespace vsl::storm
