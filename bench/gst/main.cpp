// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <gst/gst.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>

#include "end.hpp"
#include "floor.hpp"
#include "report.hpp"

// What vslsink and vslsrc cost beside the elements of GStreamer that do the same: real pipelines in
// processes of their own, by turns, medians of the runs and ratios.

namespace {

using namespace vsl::gst_bench;

struct Options {
  int runs = 5;
  double seconds = 5;
  std::string size = "1920x1080";
  bool json = false;
};

bool read_size(const std::string& text, Picture& picture) {
  char end = 0;
  return std::sscanf(text.c_str(), "%dx%d%c", &picture.width_px, &picture.height_px, &end) == 2 &&
         picture.width_px > 0 && picture.height_px > 0;
}

int run(Side side, const std::string& text) {
  return is_floor(text) ? run_floor(side, text) : run_end(side, text);
}

int measure(const Options& options) {
  Plan plan{.runs = options.runs, .options = {.seconds = options.seconds}};
  if (!read_size(options.size, plan.options.picture)) {
    std::fprintf(stderr, "gst_bench: --size %s: want WIDTHxHEIGHT\n", options.size.c_str());
    return 2;
  }
  const auto report = measure_all(plan);
  if (!report) {
    std::fprintf(stderr, "gst_bench: %s\n", report.error().message().c_str());
    return 1;
  }
  std::fputs((options.json ? json_of(*report).dump(2) + "\n" : table_of(*report)).c_str(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  const std::string_view role = argc == 3 ? argv[1] : "";
  if (role == "--producer") return run(Side::producer, argv[2]);
  if (role == "--consumer") return run(Side::consumer, argv[2]);
  Options options;
  CLI::App app(
      "What handing 60 pictures a second from pipeline to pipeline costs: vslsink and "
      "vslsrc beside GStreamer's own");
  app.add_option("--runs", options.runs, "Of each, by turns")->check(CLI::Range(1, 100));
  app.add_option("--seconds", options.seconds, "That are measured of each run")
      ->check(CLI::Range(0.1, 600.0));
  app.add_option("--size", options.size, "WIDTHxHEIGHT of the NV12 pictures");
  app.add_flag("--json", options.json, "All figures of all runs");
  CLI11_PARSE(app, argc, argv);
  return measure(options);
}
