// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "station.hpp"

#include <glib-unix.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace vsl::gst_bench {
namespace {

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

gboolean on_mark(gpointer meter) {
  say(static_cast<Meter*>(meter)->end_phase().dump());
  return G_SOURCE_CONTINUE;
}

gboolean on_end(gpointer station) {
  static_cast<Station*>(station)->end(0);
  return G_SOURCE_CONTINUE;
}

}  // namespace

Station::Station(Side side) : meter_(side), loop_(g_main_loop_new(nullptr, FALSE)) {
  g_unix_signal_add(SIGUSR1, on_mark, &meter_);
  g_unix_signal_add(SIGTERM, on_end, this);
}

Station::~Station() { g_main_loop_unref(loop_); }

void Station::pass(GstBuffer*& buffer) {
  const bool first = !meter_.has_begun();
  meter_.pass(buffer);
  if (first) say("ready");
}

int Station::run() {
  g_main_loop_run(loop_);
  return exit_code_;
}

void Station::end(int exit_code) {
  exit_code_ = exit_code;
  g_main_loop_quit(loop_);
}

}  // namespace vsl::gst_bench
