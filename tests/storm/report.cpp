// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "report.hpp"

#include <algorithm>

namespace vsl::storm {
namespace {

using Json = nlohmann::ordered_json;

double ms(std::int64_t ns) { return static_cast<double>(ns / 1000) / 1000; }

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part * 10'000 / whole) / 100;
}

Json spread(const Histogram& times) {
  return {{"count", times.count()},
          {"p50_ms", ms(times.percentile_ns(0.5))},
          {"p99_ms", ms(times.percentile_ns(0.99))},
          {"longest_ms", ms(times.longest_ns())}};
}

/// What the readers that nothing befell saw, taken together.
struct Readers {
  Readers(const Score& score, std::uint32_t healthy, Phase phase) {
    for (std::uint32_t slot = 0; slot < healthy; ++slot) {
      const ClientScore& client = score.clients[slot];
      const Reading& reading = client.phases[static_cast<std::size_t>(phase)];
      gap.add(reading.gap);
      latency.add(reading.latency);
      reattach.add(client.reattach);
      frames += reading.frames.load(kRelaxed);
      longest_gap_frames = std::max(longest_gap_frames, reading.longest_gap_frames.load(kRelaxed));
    }
  }
  Histogram gap{}, latency{}, reattach{};
  std::uint64_t frames = 0, longest_gap_frames = 0;
};

/// How late the mere sleeper woke.
const Histogram& oversleep(const Options& options, const Score& score, Phase phase) {
  return score.clients[options.metronome()].phases[static_cast<std::size_t>(phase)].gap;
}

Json phase_to_json(const Options& options, const Score& score, Phase phase) {
  const Readers readers(score, options.healthy(), phase);
  const HostPhase& host = score.host.phases[static_cast<std::size_t>(phase)];
  return {{"frames", readers.frames},
          {"gap", spread(readers.gap)},
          {"longest_gap_frames", readers.longest_gap_frames},
          {"latency", spread(readers.latency)},
          {"host_gap", spread(host.gap)},
          {"host_post", spread(host.post)},
          {"host_post_cpu", spread(host.post_cpu)},
          {"host_slept_in_posts", host.slept.load(kRelaxed)},
          {"host_starved", spread(host.starved)},
          {"host_busy", spread(host.busy)},
          {"host_cpu_percent", percent(host.cpu_ns.load(), host.wall_ns.load())},
          {"oversleep", spread(oversleep(options, score, phase))}};
}

Json gap_to_json(const Gap& gap) {
  return {{"ms", ms(gap.length_ns.load(kRelaxed))},
          {"ended_ms", ms(gap.ended_ns.load(kRelaxed))},
          {"frames", gap.frames.load(kRelaxed)},
          {"gone", gap.gone.load(kRelaxed)},
          {"lapped", gap.lapped.load(kRelaxed)},
          {"unknown_buffer", gap.unknown_buffer.load(kRelaxed)}};
}

Json readers_to_json(const Options& options, const Score& score) {
  Json readers = Json::array();
  for (std::uint32_t slot = 0; slot < options.healthy(); ++slot) {
    const ClientScore& client = score.clients[slot];
    const Reading& reading = client.phases[static_cast<std::size_t>(Phase::storm)];
    readers.push_back({{"role", name_of(client.role.load(kRelaxed))},
                       {"frames", reading.frames.load(kRelaxed)},
                       {"gap", spread(reading.gap)},
                       {"longest_gap_frames", reading.longest_gap_frames.load(kRelaxed)},
                       {"longest_gap", gap_to_json(reading.longest)},
                       {"latency", spread(reading.latency)},
                       {"reattach", spread(client.reattach)},
                       {"told", client.told.load(kRelaxed)},
                       {"evicted", client.evicted.load(kRelaxed)}});
  }
  return readers;
}

struct Sums {
  std::uint64_t whole = 0, torn = 0, stale = 0, old_life = 0, told = 0, acts = 0, broke_in = 0;
  std::int64_t waiting_ns = 0, waiting_cpu_ns = 0;
};

Sums sum_up(const Score& score) {
  Sums sums;
  for (const ClientScore& client : score.clients) {
    sums.whole += client.whole.load(kRelaxed);
    sums.torn += client.torn.load(kRelaxed);
    sums.stale += client.stale.load(kRelaxed);
    sums.old_life += client.old_life.load(kRelaxed);
    sums.told += client.told.load(kRelaxed);
    sums.acts += client.acts.load(kRelaxed);
    sums.broke_in += client.broke_in.load(kRelaxed);
    sums.waiting_ns += client.waiting_ns.load(kRelaxed);
    sums.waiting_cpu_ns += client.waiting_cpu_ns.load(kRelaxed);
  }
  return sums;
}

Json footprint_to_json(const Footprint& footprint) {
  return {{"fds", footprint.fds},
          {"memfds", footprint.memfds},
          {"shared_maps", footprint.shared_maps},
          {"maps", footprint.maps},
          {"anonymous_kb", footprint.anonymous_kb},
          {"threads", footprint.threads}};
}

void judge_times(const Options& options, const Score& score, Outcome& outcome) {
  const std::int64_t period_ns = options.period_ns();
  const Readers quiet(score, options.healthy(), Phase::quiet);
  const Readers storm(score, options.healthy(), Phase::storm);
  // What the machine alone costs: in the quiet run, and how late a mere sleeper was in the storm.
  const std::int64_t quiet_ns = std::max<std::int64_t>(quiet.gap.longest_ns() - period_ns, 0);
  const std::int64_t sleep_ns = machine_delay_ns(options, score);
  const std::int64_t pause_ns = std::max(options.hold_ns(), period_ns);  // what a holder may cost
  const std::int64_t allowed_ns = period_ns + pause_ns + std::max(quiet_ns, sleep_ns);
  constexpr std::int64_t kReattachNs = 50'000'000;
  const auto blame = [&](const char* what, std::int64_t was_ns, std::int64_t may_ns) {
    if (was_ns <= may_ns) return;
    outcome.violations.push_back(std::string(what) + ": " + std::to_string(ms(was_ns)) +
                                 " ms, allowed " + std::to_string(ms(may_ns)));
  };
  blame("longest gap of a healthy reader", storm.gap.longest_ns(), allowed_ns);
  blame("re-attached (p99)", storm.reattach.percentile_ns(0.99),
        kReattachNs + std::max(quiet_ns, sleep_ns));
}

}  // namespace

std::int64_t machine_delay_ns(const Options& options, const Score& score) {
  return 2 * oversleep(options, score, Phase::storm).longest_ns();
}

void judge(const Options& options, const Score& score, Outcome& outcome) {
  const Sums sums = sum_up(score);
  const auto none = [&](std::uint64_t found, const char* what) {
    if (found > 0) outcome.violations.push_back(std::to_string(found) + " " + what);
  };
  none(sums.torn, "torn frames under a lease that stood");
  none(sums.stale, "stale frames under a lease that stood");
  none(sums.old_life, "frames of a host that had ended");
  none(sums.broke_in, "ways to write what is only to be read");
  for (std::uint32_t slot = 0; slot < kMaxSlots; ++slot) {
    const ClientScore& client = score.clients[slot];
    const Role role = client.role.load(kRelaxed);
    const bool healthy = slot < options.healthy();
    // A v1 reader cannot be told otherwise that a frame was taken from it.
    if (healthy && role != Role::v1_reader) {
      none(client.evicted.load(kRelaxed), "times a healthy reader was disconnected");
    }
    const bool bad = client.torn + client.stale + client.old_life + client.broke_in > 0;
    if (bad) {
      outcome.violations.push_back("slot " + std::to_string(slot) + ", " + client.finding);
    }
  }
  if (options.strict_times) judge_times(options, score, outcome);
}

Json to_json(const Options& options, const Score& score, const Outcome& outcome) {
  const Sums sums = sum_up(score);
  const HostScore& host = score.host;
  Json report = {
      {"seed", options.seed},
      {"seconds", options.seconds},
      {"clients", options.clients},
      {"healthy_readers", options.healthy()},
      {"fps", options.fps},
      {"size", std::to_string(options.width_px) + "x" + std::to_string(options.height_px)},
      {"buffers", options.buffers},
      {"hold_ms", ms(options.hold_ns())},
      {"wire", options.wire},
      {"vandals_uid", score.settings.vandal_uid},
      {"interrupted", outcome.interrupted}};
  report["done"] = {{"kills", outcome.kills},           {"stops", outcome.stops},
                    {"host_kills", outcome.host_kills}, {"host_closes", outcome.host_closes},
                    {"host_lives", outcome.lives},      {"processes", outcome.processes},
                    {"gave_up", outcome.gave_up},       {"misdeeds", sums.acts}};
  report["frames"] = {{"whole", sums.whole},
                      {"torn", sums.torn},
                      {"stale", sums.stale},
                      {"of_an_old_host", sums.old_life},
                      {"taken_back_and_told", sums.told}};
  report["host"] = {{"posted", host.posted.load()},
                    {"taken_back", host.taken_back.load()},
                    {"no_buffer", host.no_buffer.load()},
                    {"refused", host.refused.load()},
                    {"cut_off", host.cut_off.load()},
                    {"fds_sent", host.fds_sent.load()},
                    {"free_buffers_at_the_end", outcome.free_buffers}};
  report["quiet"] = phase_to_json(options, score, Phase::quiet);
  report["storm"] = phase_to_json(options, score, Phase::storm);
  const Readers readers(score, options.healthy(), Phase::storm);
  report["reattach"] = spread(readers.reattach);
  report["cpu_percent_while_waiting"] = percent(sums.waiting_cpu_ns, sums.waiting_ns);
  report["readers"] = readers_to_json(options, score);
  report["compared"] = Json::array();
  for (const Compared& compared : outcome.compared) {
    report["compared"].push_back({{"who", compared.who},
                                  {"before", footprint_to_json(compared.before)},
                                  {"after", footprint_to_json(compared.after)}});
  }
  report["violations"] = outcome.violations;
  report["passed"] = outcome.violations.empty();
  return report;
}

}  // namespace vsl::storm
