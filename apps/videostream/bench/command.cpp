// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "../command.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>

#include "../camera_setup.hpp"
#include "../number_checks.hpp"
#include "../values.hpp"
#include "camera_run.hpp"
#include "client_process.hpp"
#include "host_side.hpp"
#include "memory.hpp"
#include "report.hpp"

namespace vsl::command {
namespace {

using namespace vsl::bench;

constexpr std::uint32_t kManyClients = 16;  ///< above, a lower rate and shorter phases
constexpr std::uint32_t kPhaseFrames = 80, kPhaseFramesMany = 60;
constexpr std::uint32_t kFps = 200, kFpsMany = 60;

struct Options {
  std::vector<std::uint32_t> clients{1, 4, 16, 64};
  std::uint32_t fps = 0, runs = 5, frames = 0, buffers = 16;
  double seconds = 5;
  PictureArguments picture;
  std::string api = "cpp", policy = "newest";
  std::uint64_t seed = 0;
  bool touch = false, pin = false, no_syscalls = false;
  CameraArguments camera;
  bool with_camera = false;
};

/// One line on a terminal, rewritten in place; nothing where stderr is a file.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet) : shown_(!quiet && ::isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() { show(""); }
  void show(const std::string& text) const {
    if (shown_) std::fprintf(stderr, "\r\033[K%s", text.c_str());
  }

 private:
  bool shown_;
};

/// What clients have to know; pictures are another matter.
Settings client_settings(const Options& options) {
  Settings settings{};
  settings.buffers = options.buffers;
  settings.fps = options.fps != 0 ? options.fps : kFps;
  settings.touch = options.touch;
  settings.c_api = options.api == "c";
  settings.in_order = options.policy == "in-order";
  settings.pin = options.pin;
  settings.role = Role::measure;
  return settings;
}

Result<Settings> settings_of(const Options& options) {
  Settings settings = client_settings(options);
  VSL_TRY(const PictureWish picture, check(options.picture));
  const Resolution size = picture.resolution.value_or(Resolution{1920, 1080});
  const Fourcc format = picture.format.value_or(fourcc("NV12"));
  VSL_CHECK(check_picture(format, size));
  VSL_TRY(const Layout layout, Layout::packed(format, size.width_px, size.height_px, 64));
  settings.fourcc = format.code;
  settings.width_px = size.width_px;
  settings.height_px = size.height_px;
  settings.frame_bytes = (layout.buffer_bytes[0] + 4095) / 4096 * 4096;
  return settings;
}

void use_new_socket(Settings& settings) {
  std::snprintf(settings.socket, sizeof(settings.socket), "%s", bench_socket().c_str());
}

CountResult plan_for(std::uint32_t clients, const Options& options) {
  const bool many = clients > kManyClients;
  CountResult result{};
  result.clients = clients;
  result.fps = options.fps != 0 ? options.fps : many ? kFpsMany : kFps;
  result.phase_frames = many ? kPhaseFramesMany : kPhaseFrames;
  const double frames = options.frames != 0 ? options.frames : options.seconds * result.fps / 2;
  result.pairs =
      std::max(1U, static_cast<std::uint32_t>(std::lround(frames / result.phase_frames)));
  return result;
}

/// All runs of one number of clients. A requested stop ends it with what there is.
Result<void> measure_count(CountResult& result, Settings settings, std::uint32_t runs,
                           std::mt19937_64& random, const StopSignal& stop,
                           const ProgressLine& line) {
  settings.clients = result.clients;
  settings.fps = result.fps;
  for (std::uint32_t run = 0; run < runs && !stop.requested(); ++run) {
    use_new_socket(settings);
    const RunPlan plan{settings, result.phase_frames, result.pairs};
    auto figures = execute_run(plan, random, [&](double done) {
      line.show("bench: " + std::to_string(result.clients) + " clients, run " +
                std::to_string(run + 1) + " of " + std::to_string(runs) + ", " +
                std::to_string(std::lround(100 * done)) + " %");
      return !stop.requested();
    });
    if (!figures && figures.error().code == std::errc::operation_canceled) return {};
    if (!figures) return std::move(figures).error();
    result.runs.push_back(*figures);
  }
  return {};
}

Result<Report> measure(const Options& options, const Globals& globals) {
  const StopSignal stop;
  const ProgressLine line(globals.quiet);
  Report report;
  report.seed = options.seed != 0 ? options.seed : std::random_device{}();
  std::mt19937_64 random(report.seed);
  VSL_TRY(report.settings, settings_of(options));
  Settings settings = report.settings;
  line.show("bench: memory of idle clients");
  use_new_socket(settings);  // first of all: the heap is still small and tells what is added
  VSL_TRY(report.host_bytes_per_idle_client, host_bytes_per_idle_client(settings));
  if (!options.no_syscalls) {
    line.show("bench: system calls");
    use_new_socket(settings);
    auto counts = count_syscalls(settings);
    if (counts) report.syscalls = *counts;
    if (!counts) log_warn("system calls not counted: " + counts.error().message());
  }
  for (const std::uint32_t clients : options.clients) {
    CountResult result = plan_for(clients, options);
    VSL_CHECK(measure_count(result, settings, options.runs, random, stop, line));
    if (!result.runs.empty()) report.results.push_back(std::move(result));
  }
  return report;
}

Result<CameraPlan> camera_plan(const Options& options) {
  CameraPlan plan{.settings = client_settings(options),
                  .clients = options.clients,
                  .runs = options.runs,
                  .frames = options.frames,
                  .seconds = options.seconds};
  VSL_TRY(const PictureWish picture, check(options.picture));
  VSL_TRY(plan.camera, check(options.camera, picture));
  if (options.fps != 0) plan.camera.options.interval = {1, options.fps};
  return plan;
}

int bench_with_camera(const Options& options, const Globals& globals) {
  const auto plan = camera_plan(options);
  if (!plan) return report_failure(globals, ExitClass::usage, plan.error().where);
  const StopSignal stop;
  const ProgressLine line(globals.quiet);
  const auto report = measure_with_camera(*plan, [&](double done) {
    line.show("bench: " + std::to_string(std::lround(100 * done)) + " % of a run");
    return !stop.requested();
  });
  if (!report) return report_failure(globals, Site::camera, report.error());
  std::fputs((globals.json ? to_json(*report) + "\n" : to_text(*report)).c_str(), stdout);
  return 0;
}

int run_bench(const Options& options, const Globals& globals) {
  if (options.with_camera) return bench_with_camera(options, globals);
  if (auto settings = settings_of(options); !settings) {
    return report_failure(globals, ExitClass::usage, settings.error().where);
  }
  const auto report = measure(options, globals);
  if (!report) return report_failure(globals, Site::socket, report.error());
  const std::string text = globals.json ? to_json(*report) + "\n" : to_text(*report);
  std::fputs(text.c_str(), stdout);
  return 0;
}

struct ChildOptions {
  int fd = -1;
  std::uint32_t index = 0;
};

/// What the benchmark starts itself as; not for people, hence not in the help.
void add_bench_client(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ChildOptions>();
  CLI::App* child = app.add_subcommand("bench-client", "")->group("");
  child->add_option("FD", options->fd)->required();
  child->add_option("INDEX", options->index)->required();
  child->callback([options, &exit_code] {
    if (!run_client(options->fd, options->index)) exit_code = 1;  // the parent says why
  });
}

}  // namespace

void add_bench(CLI::App& app, Globals& globals, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* bench = app.add_subcommand(
      "bench",
      "Measure the bus against the floor: one futex wake for as many processes; or, with "
      "--device, the way from a camera to its consumers");
  auto* clients =
      bench->add_option("--clients", options->clients, "Numbers of clients, each measured");
  clients->delimiter(',')->check(whole_number(1, 500))->capture_default_str();
  bench->add_option("-F,--fps", options->fps, "Frames per second; default 200, above 16 clients 60")
      ->check(whole_number(1, 100'000));
  bench->add_option("--size", options->picture.resolution, "Picture size, WxH; default 1920x1080");
  bench->add_option("--format", options->picture.format, "FourCC; default NV12");
  const CLI::Option* device = add_camera_options(*bench, options->camera).front();
  bench->add_flag("--touch", options->touch, "Write and read a byte of every page of each frame");
  auto* seconds = bench->add_option("--seconds", options->seconds, "Length of a run")
                      ->check(seconds_from(0.001, 86'400))
                      ->capture_default_str();
  bench->add_option("--frames", options->frames, "Counted frames of a run instead of its length")
      ->check(whole_number(1))
      ->excludes(seconds);
  bench->add_option("--runs", options->runs, "Runs, each with a new host and new clients")
      ->check(whole_number(1, 10'000))
      ->capture_default_str();
  bench->add_option("--buffers", options->buffers, "Buffers of the pool")
      ->check(whole_number(12, 64))
      ->capture_default_str();
  bench->add_option("--api", options->api, "What clients use")
      ->check(CLI::IsMember({"cpp", "c"}))
      ->capture_default_str();
  bench->add_option("--policy", options->policy, "Which frames C++ clients take")
      ->check(CLI::IsMember({"newest", "in-order"}))
      ->capture_default_str();
  bench->add_flag("--pin", options->pin, "Pin the producer to core 0, client i to core i + 1");
  bench->add_option("--seed", options->seed, "Of the order of phases; default random");
  bench->add_flag("--no-syscalls", options->no_syscalls, "Do not trace to count system calls");
  bench->callback([=, &globals, &exit_code] {
    options->with_camera = !device->empty();
    if (options->with_camera && clients->empty()) options->clients = {1, 4};
    exit_code = run_bench(*options, globals);
  });
  add_bench_client(app, exit_code);
}

}  // namespace vsl::command
