// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "stage.hpp"

#include <csignal>

namespace vsl::storm {

namespace {
volatile std::sig_atomic_t interrupt = 0;
}

bool interrupted() { return interrupt != 0; }

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupt = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

Result<void> Stage::start_host() {
  VSL_CHECK(crew.start_host(1));
  if (until([&] { return board->life.load(std::memory_order_acquire) == 1; })) return {};
  return Error::of(std::errc::timed_out, "start a host");
}

Result<void> Stage::start_readers(std::uint32_t count) {
  const Cast cast{options.wire != "2", options.wire != "1"};
  if (!crew.alive(options.metronome())) {
    VSL_CHECK(crew.start(options.metronome(), Role::metronome));
  }
  for (; readers_ < count; ++readers_) {
    VSL_CHECK(crew.start(readers_, healthy_role(readers_, cast)));
  }
  const auto served = [&] {
    for (std::uint32_t slot = 0; slot < count; ++slot) {
      if (board->clients[slot].last_life.load(kRelaxed) == 0) return false;
    }
    return true;
  };
  if (until(served)) return {};
  return Error::of(std::errc::timed_out, "start readers");
}

void Stage::spend(std::int64_t length_ns) {
  const std::int64_t end_ns = monotonic_ns() + length_ns;
  (void)until([&] { return monotonic_ns() >= end_ns; }, length_ns + kPatienceNs);
}

void Stage::spend(std::int64_t length_ns, Phase phase) {
  board->phase.store(phase, kRelaxed);
  spend(length_ns);
  board->phase.store(Phase::between, kRelaxed);
}

bool Stage::kill(std::uint32_t slot) {
  crew.kill(slot, SIGKILL);
  return until([&] { return !crew.alive(slot); });
}

void Stage::end() {
  board->finish.store(true, kRelaxed);
  const auto nobody = [&] {
    for (std::uint32_t slot = 0; slot < kMaxSlots; ++slot) {
      if (crew.alive(slot)) return false;
    }
    return true;
  };
  if (!until(nobody)) report.violations.emplace_back("readers that were told to finish did not");
  if (!crew.alive(Crew::kHost)) return;
  crew.kill(Crew::kHost, SIGTERM);
  if (!until([&] { return !crew.alive(Crew::kHost); })) {
    report.violations.emplace_back("the host that was told to end did not");
  }
}

}  // namespace vsl::storm
