// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include "report.hpp"
#include "stage.hpp"
#include "videostream/pool.hpp"

namespace vsl::storm {
namespace {

constexpr uid_t kNobody = 65534;

/// Vandals of another user than the host's, where we may become one.
uid_t find_vandal_uid() { return ::geteuid() == 0 ? kNobody : 0; }

Result<ScoreBoard> prepare(const Options& options, const std::string& socket) {
  VSL_TRY(ScoreBoard board, ScoreBoard::create());
  Settings& settings = board->settings;
  std::snprintf(settings.socket, sizeof settings.socket, "%s", socket.c_str());
  settings.seed = options.seed;
  settings.slots = options.clients;
  settings.fps = options.fps;
  settings.width_px = options.width_px;
  settings.height_px = options.height_px;
  settings.buffers = options.buffers;
  settings.max_leases = 20;
  // The hoarder of the scenario comes before the host has shown how few buffers there are.
  settings.awaited_clients = options.scenario == "greedy" ? 1 : 0;
  settings.hold_ns = options.hold_ns();
  settings.vandal_uid = find_vandal_uid();
  settings.chime_per_client = settings.vandal_uid == 0;
  settings.v1 = options.wire != "2";
  settings.v2 = options.wire != "1";
  VSL_TRY(const Layout layout,
          Layout::packed(fourcc("YUYV"), options.width_px, options.height_px, 64));
  settings.picture_bytes = layout.plane_bytes(0);
  return board;
}

int print(const Options& options, const nlohmann::ordered_json& report, const std::string& text) {
  if (::isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\n");
  std::cout << (options.json ? report.dump(2) + "\n" : text);
  if (options.json) std::cerr << text;
  return report["passed"].get<bool>() ? 0 : 1;
}

Result<int> run_storm(const Options& options, const ScoreBoard& board) {
  VSL_TRY(Outcome outcome, Storm(options, board).run());
  judge(options, *board, outcome);
  const auto report = to_json(options, *board, outcome);
  return print(options, report, to_text(report));
}

Result<int> run_scenario(const Options& options, const ScoreBoard& board) {
  Stage stage(options, board);
  VSL_CHECK(options.scenario == "frozen"    ? run_frozen(stage)
            : options.scenario == "greedy"  ? run_greedy_scenario(stage)
            : options.scenario == "attacks" ? run_attacks(stage)
                                            : run_killed(stage));
  ScenarioReport& report = stage.report;
  Outcome outcome{.violations = report.violations};
  judge(options, *board, outcome);
  for (const std::string& violation : outcome.violations) {
    report.text += "  VIOLATION: " + violation + "\n";
  }
  report.json["scenario"] = options.scenario;
  report.json["violations"] = outcome.violations;
  report.json["passed"] = outcome.violations.empty();
  report.text += options.scenario + (outcome.violations.empty() ? ": passed\n" : ": FAILED\n");
  return print(options, report.json, report.text);
}

Result<int> run(const Options& options, const std::string& directory) {
  VSL_TRY(const ScoreBoard board, prepare(options, directory + "/bus"));
  if (options.scenario != "storm") return run_scenario(options, board);
  std::fprintf(stderr, "storm: seed %llu\n", static_cast<unsigned long long>(options.seed));
  return run_storm(options, board);
}

int main_of_storm(Options options) {
  if (options.seed == 0) options.seed = std::random_device{}();
  char directory[] = "/tmp/vsl-storm-XXXXXX";
  if (::mkdtemp(directory) == nullptr || ::chmod(directory, 0755) != 0) {
    std::perror("storm: make a directory for the socket in /tmp");
    return 2;
  }
  catch_interrupts();
  const auto status = run(options, directory);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  if (status) return *status;
  std::cerr << "storm: " << status.error().message() << "\n";
  return 2;
}

void parse_size(const std::string& text, Options& options) {
  if (std::sscanf(text.c_str(), "%ux%u", &options.width_px, &options.height_px) != 2) {
    throw CLI::ValidationError("--size", "is WIDTHxHEIGHT, like 640x360");
  }
}

int parse_and_run(int argc, char** argv) {
  Options options;
  CLI::App app{"Breaks everything around a host and its readers, and tells whether they noticed."};
  const auto positive = CLI::PositiveNumber;
  app.add_option("--seconds", options.seconds, "length of the storm")->check(positive);
  app.add_option("--quiet-seconds", options.quiet_seconds, "of the quiet run before it; 0: none")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--clients", options.clients, "processes around the host; a quarter is spared")
      ->check(CLI::Range(4U, 400U));
  app.add_option("--seed", options.seed, "of everything that befalls them; 0: drawn");
  app.add_option("--fps", options.fps, "frames per second, as far as it goes")
      ->check(CLI::Range(1U, 100'000U));
  app.add_option_function<std::string>(
      "--size", [&](const std::string& text) { parse_size(text, options); }, "WIDTHxHEIGHT");
  app.add_option("--wire", options.wire, "versions that clients speak")
      ->check(CLI::IsMember({"1", "2", "both"}));
  app.add_option("--hold-ms", options.hold_ms, "hold limit of the host; 0: one frame period");
  app.add_option("--kills", options.kills_per_s, "clients killed per second");
  app.add_option("--stops", options.stops_per_s, "clients stopped per second");
  app.add_option("--host-ends", options.host_ends_per_s,
                 "hosts killed or closed per second, in the first part; 0: one host only");
  app.add_option("--buffers", options.buffers, "of the host's pool")->check(CLI::Range(4U, 64U));
  app.add_option(
         "--scenario", options.scenario,
         "storm, or one question: frozen (does a stopped client that holds 20 frames cost "
         "anybody anything), greedy (one that may hold more than there is), killed (when is "
         "what it held back), attacks (does any of them, by itself, do harm)")
      ->check(CLI::IsMember({"storm", "frozen", "greedy", "killed", "attacks"}));
  app.add_option("--only", options.only, "of the attacks, those whose name has this");
  app.add_flag("--json", options.json, "the report as JSON on stdout");
  app.add_flag("--strict-times", options.strict_times, "judge times too: on a quiet machine");
  CLI11_PARSE(app, argc, argv);
  constexpr double kAttackHoldMs = 200;  // of one that does not know that memory is short
  if (options.scenario == "attacks" && options.hold_ms == 0) options.hold_ms = kAttackHoldMs;
  // Enough for the frozen client's 20 and a stream beside them; fewer than the greedy one's 20.
  if (app.count("--buffers") == 0 && options.scenario == "frozen") options.buffers = 32;
  if (app.count("--buffers") == 0 && options.scenario == "greedy") options.buffers = 16;
  return main_of_storm(options);
}

/// As the crew starts itself: --play SCORE_FD ROLE SLOT NUMBER.
int play_part(char** argv) {
  const auto number = [&](int i) { return static_cast<std::uint32_t>(std::atoi(argv[i])); };
  return play(std::atoi(argv[2]), static_cast<Role>(number(3)), number(4), number(5));
}

}  // namespace
}  // namespace vsl::storm

int main(int argc, char** argv) {
  if (argc == 6 && std::string(argv[1]) == "--play") return vsl::storm::play_part(argv);
  return vsl::storm::parse_and_run(argc, argv);
}
