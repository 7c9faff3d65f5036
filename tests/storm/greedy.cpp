// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstdio>

#include "report.hpp"
#include "stage.hpp"

/// A client that may hold more than there is: what does the stream pay, and is it told?
namespace vsl::storm {

Result<void> run_greedy_scenario(Stage& stage) {
  const std::uint32_t slot = stage.options.hoarder();
  // First of all: the host has not met its pool yet, and grants more leases than buffers.
  VSL_CHECK(stage.start_host());
  VSL_CHECK(stage.crew.start(slot, Role::hoarder));
  if (!stage.until([&] { return stage.board->clients[slot].held.load(kRelaxed) > 0; })) {
    return Error::of(std::errc::timed_out, "start the greedy client");
  }
  VSL_CHECK(stage.start_readers(stage.options.healthy()));
  stage.spend(static_cast<std::int64_t>(stage.options.seconds * 1e9), Phase::storm);
  const HostScore& host = stage.board->host;
  // The readers first: from here on nothing is taken from them, and the hoarder lets go.
  stage.end();
  std::uint64_t told = 0;
  for (const ClientScore& client : stage.board->clients) told += client.told.load(kRelaxed);
  const std::uint64_t taken_back = host.taken_back.load(kRelaxed);
  const std::uint64_t untold = taken_back > told ? taken_back - told : 0;
  const Histogram& gap = host.phases[static_cast<std::size_t>(Phase::storm)].gap;
  const std::int64_t allowed_ns = stage.options.hold_ns() + stage.options.period_ns();
  char text[400];
  std::snprintf(text, sizeof text,
                "greedy: %u leases, %u buffers, hold limit %.1f ms: %llu frames in %.0f s, %llu "
                "taken back, %llu told, %llu untold; longest gap between posts %.1f ms (hold limit "
                "and a period: %.1f)\n",
                stage.board->settings.max_leases, stage.board->settings.buffers,
                static_cast<double>(stage.options.hold_ns()) / 1e6,
                static_cast<unsigned long long>(host.posted.load(kRelaxed)), stage.options.seconds,
                static_cast<unsigned long long>(taken_back), static_cast<unsigned long long>(told),
                static_cast<unsigned long long>(untold),
                static_cast<double>(gap.longest_ns()) / 1e6, static_cast<double>(allowed_ns) / 1e6);
  stage.report.text = text;
  stage.report.json["figures"] = {{"posted", host.posted.load(kRelaxed)},
                                  {"taken_back", taken_back},
                                  {"told", told},
                                  {"untold", untold},
                                  {"longest_gap_ns", gap.longest_ns()},
                                  {"allowed_gap_ns", allowed_ns}};
  auto& violations = stage.report.violations;
  if (untold > 0) violations.push_back(std::to_string(untold) + " readers were not told");
  if (taken_back == 0) violations.emplace_back("nothing was taken back: this asked nothing");
  const std::int64_t machine_ns = machine_delay_ns(stage.options, *stage.board);
  if (stage.options.strict_times && gap.longest_ns() > allowed_ns + machine_ns) {
    violations.emplace_back("the stream paused for longer than the hold limit");
  }
  return {};
}

}  // namespace vsl::storm
