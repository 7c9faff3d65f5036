// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstdio>

#include "census.hpp"
#include "report.hpp"
#include "stage.hpp"

/// Does a stopped client that holds all it may change anything for anybody?
namespace vsl::storm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kRoundNs = 2'000'000'000;

struct Times {
  Times(const Stage& stage, Phase phase)
      : post(stage.board->host.phases[static_cast<std::size_t>(phase)].post),
        post_cpu(stage.board->host.phases[static_cast<std::size_t>(phase)].post_cpu) {
    for (std::uint32_t slot = 0; slot < stage.options.healthy(); ++slot) {
      latency.add(stage.board->clients[slot].phases[static_cast<std::size_t>(phase)].latency);
    }
  }
  const Histogram &post, &post_cpu;
  Histogram latency{};
};

/// A hoarder with its hands full, stopped.
bool freeze(Stage& stage, std::uint32_t slot) {
  ClientScore& hoarder = stage.board->clients[slot];
  hoarder.held.store(0, kRelaxed);
  if (!stage.crew.start(slot, Role::hoarder)) return false;
  const std::uint32_t most = stage.board->settings.max_leases;
  if (!stage.until([&] { return hoarder.held.load(kRelaxed) >= most; })) return false;
  return stage.crew.stop(slot, INT64_MAX);
}

void add_row(Stage& stage, const char* name, const Histogram& without, const Histogram& with,
             double share) {
  const auto us = [](std::int64_t ns) { return static_cast<double>(ns) / 1000; };
  const double before = us(without.percentile_ns(share)), after = us(with.percentile_ns(share));
  const double ratio = before > 0 ? after / before : 0;
  char text[200];
  std::snprintf(text, sizeof text, "  %-22s %10.1f us without, %10.1f with: ratio %.2f\n", name,
                before, after, ratio);
  stage.report.text += text;
  stage.report.json["figures"].push_back(
      {{"name", name}, {"without_us", before}, {"with_us", after}, {"ratio", ratio}});
  constexpr double kMost = 1.2;
  if (stage.options.strict_times && ratio > kMost) {
    stage.report.violations.push_back(std::string(name) + " is " + std::to_string(ratio) +
                                      " times what it is without a frozen client");
  }
}

}  // namespace

Result<void> run_frozen(Stage& stage) {
  VSL_CHECK(stage.start_host());
  VSL_CHECK(stage.start_readers(stage.options.healthy()));
  const std::uint32_t slot = stage.options.hoarder();
  const auto rounds = std::max(1, static_cast<int>(stage.options.seconds / 4));
  Footprint before;
  for (int round = 0; round < rounds && !interrupted(); ++round) {
    if (!freeze(stage, slot)) return Error::of(std::errc::timed_out, "freeze a client");
    if (round == 0) before = footprint_of(stage.crew.pid(Crew::kHost));
    stage.spend(kRoundNs, Phase::storm);
    if (round + 1 == rounds) break;  // the last one is looked at once more
    if (!stage.kill(slot)) return Error::of(std::errc::timed_out, "kill a frozen client");
    stage.spend(kRoundNs / 4);
    stage.spend(kRoundNs, Phase::quiet);
  }
  constexpr std::uint64_t kSlackKb = 256;
  const Footprint after = footprint_of(stage.crew.pid(Crew::kHost));
  for (const auto& more : growth(before, after, kSlackKb)) {
    stage.report.violations.push_back("the host has " + more);
  }
  stage.report.text =
      "frozen: a stopped client holds " + std::to_string(stage.board->settings.max_leases) +
      " of " + std::to_string(stage.board->settings.buffers) + " buffers, in " +
      std::to_string(rounds) + " rounds; host's own memory " + std::to_string(before.anonymous_kb) +
      " KiB, then " + std::to_string(after.anonymous_kb) + "\n";
  const Times without(stage, Phase::quiet), with(stage, Phase::storm);
  add_row(stage, "acquire+publish p50", without.post, with.post, 0.5);
  add_row(stage, "acquire+publish p99", without.post, with.post, 0.99);
  add_row(stage, "… CPU time p50", without.post_cpu, with.post_cpu, 0.5);
  add_row(stage, "… CPU time p99", without.post_cpu, with.post_cpu, 0.99);
  add_row(stage, "latency p50", without.latency, with.latency, 0.5);
  add_row(stage, "latency p99", without.latency, with.latency, 0.99);
  // Awake again, it finds all its frames as they were: none was taken, as memory was not short.
  stage.crew.resume_due(INT64_MAX);
  stage.end();
  const ClientScore& hoarder = stage.board->clients[slot];
  if (hoarder.told.load(kRelaxed) > 0) {
    stage.report.violations.push_back("frames were taken back though buffers were free");
  }
  return {};
}

}  // namespace vsl::storm
