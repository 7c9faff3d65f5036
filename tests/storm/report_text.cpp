// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <cstdio>
#include <utility>

#include "report.hpp"

namespace vsl::storm {
namespace {

using Json = nlohmann::ordered_json;

std::string line(const char* format, auto... values) {
  char text[400];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

unsigned long long whole(const Json& from, const char* key) {
  return from[key].get<std::uint64_t>();
}
double real(const Json& from, const char* key) { return from[key].get<double>(); }

std::string what_was_done(const Json& report) {
  const Json& done = report["done"];
  return line("storm: seed %llu, %.0f s, %llu clients of which %llu are spared, %llu fps, ",
              whole(report, "seed"), real(report, "seconds"), whole(report, "clients"),
              whole(report, "healthy_readers"), whole(report, "fps")) +
         line("hold limit %.1f ms\n", real(report, "hold_ms")) +
         line("  %llu kills, %llu stops, %llu hosts killed, %llu closed; ", whole(done, "kills"),
              whole(done, "stops"), whole(done, "host_kills"), whole(done, "host_closes")) +
         line("%llu processes, %llu misdeeds\n", whole(done, "processes"), whole(done, "misdeeds"));
}

std::string what_was_seen(const Json& report) {
  const Json &frames = report["frames"], &host = report["host"];
  return line("  %llu frames proved whole, %llu torn, %llu stale, %llu of an old host; ",
              whole(frames, "whole"), whole(frames, "torn"), whole(frames, "stale"),
              whole(frames, "of_an_old_host")) +
         line("%llu taken back and told\n", whole(frames, "taken_back_and_told")) +
         line("  host: %llu posted, %llu taken back, %llu times no buffer, ", whole(host, "posted"),
              whole(host, "taken_back"), whole(host, "no_buffer")) +
         line("%llu refused, %llu cut off; CPU %.1f %% quiet, %.1f %% storm\n",
              whole(host, "refused"), whole(host, "cut_off"),
              real(report["quiet"], "host_cpu_percent"), real(report["storm"], "host_cpu_percent"));
}

std::string times(const Json& quiet, const Json& storm) {
  static constexpr std::pair<const char*, const char*> kRows[] = {
      {"gap", "gap of a spared reader"},
      {"latency", "latency of a spared reader"},
      {"host_gap", "gap between posts"},
      {"host_post", "acquire and publish"},
      {"host_post_cpu", "... by the host's CPU time"},
      {"host_starved", "without a buffer"},
      {"host_busy", "host's CPU, post to post"},
      {"oversleep", "a mere sleeper's lateness"}};
  std::string text = line("  %-28s %9s %9s %9s   %9s %9s %9s\n", "ms", "quiet p50", "p99",
                          "longest", "storm p50", "p99", "longest");
  for (const auto& [key, name] : kRows) {
    const Json &before = quiet[key], &after = storm[key];
    text += line("  %-28s %9.3f %9.3f %9.3f   %9.3f %9.3f %9.3f\n", name, real(before, "p50_ms"),
                 real(before, "p99_ms"), real(before, "longest_ms"), real(after, "p50_ms"),
                 real(after, "p99_ms"), real(after, "longest_ms"));
  }
  return text +
         line("  longest gap in frames: quiet %llu, storm %llu\n",
              whole(quiet, "longest_gap_frames"), whole(storm, "longest_gap_frames")) +
         line("  posts in which the host slept: quiet %llu of %llu, storm %llu of %llu\n",
              whole(quiet, "host_slept_in_posts"), whole(quiet["host_post"], "count"),
              whole(storm, "host_slept_in_posts"), whole(storm["host_post"], "count"));
}

}  // namespace

std::string to_text(const Json& report) {
  const Json& reattach = report["reattach"];
  std::string text = what_was_done(report) + what_was_seen(report) +
                     times(report["quiet"], report["storm"]) +
                     line("  re-attached %llu times: p50 %.2f ms, p99 %.2f, longest %.2f; ",
                          whole(reattach, "count"), real(reattach, "p50_ms"),
                          real(reattach, "p99_ms"), real(reattach, "longest_ms")) +
                     line("CPU while waiting %.2f %%\n", real(report, "cpu_percent_while_waiting"));
  for (const Json& violation : report["violations"]) {
    text += "  VIOLATION: " + violation.get<std::string>() + "\n";
  }
  return text + (report["passed"].get<bool>() ? "storm: passed\n" : "storm: FAILED\n");
}

}  // namespace vsl::storm
