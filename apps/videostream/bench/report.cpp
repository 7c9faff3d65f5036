// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "report.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "videostream/fourcc.hpp"

namespace vsl::bench {
namespace {

using nlohmann::ordered_json;

std::string kernel_release() {
  utsname name{};
  ::uname(&name);
  return name.release;
}

long cores() { return ::sysconf(_SC_NPROCESSORS_ONLN); }

__attribute__((format(printf, 2, 3))) void append(std::string& text, const char* format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  text += line;
}

ordered_json to_json(const RunFigures& figures) {
  ordered_json json;
  for (const Figure& figure : all_figures()) json[figure.name] = figures.*figure.value;
  return json;
}

ordered_json to_json(const CountResult& result) {
  ordered_json runs = ordered_json::array();
  for (const RunFigures& run : result.runs) runs.push_back(to_json(run));
  return {{"clients", result.clients},
          {"fps", result.fps},
          {"frames_per_phase", result.phase_frames},
          {"phases_of_each_kind", result.pairs},
          {"median", to_json(median_of(result.runs))},
          {"runs", runs}};
}

ordered_json to_json(const SyscallCounts& counts) {
  return {{"client_receive_per_frame", counts.receive_per_frame},
          {"client_lock_unlock_per_pair", counts.lock_per_pair},
          {"host_acquire_per_frame", counts.acquire_per_frame},
          {"host_publish_per_frame", counts.publish_per_frame}};
}

ordered_json to_json(const Settings& settings) {
  return {{"format", Fourcc{settings.fourcc}.to_string()},
          {"width_px", settings.width_px},
          {"height_px", settings.height_px},
          {"buffers", settings.buffers},
          {"touch", settings.touch},
          {"api", settings.c_api ? "c" : "cpp"},
          {"policy", settings.in_order || settings.c_api ? "in-order" : "newest"},
          {"pinned", settings.pin}};
}

void append_latency(std::string& text, const Report& report) {
  append(text, "post -> readable pointer, us        p50                      p99\n");
  append(text, "%7s %5s %9s %8s %6s %9s %8s %6s %14s\n", "clients", "fps", "ours", "floor", "ratio",
         "ours", "floor", "ratio", "slowest (flr)");
  for (const CountResult& result : report.results) {
    const RunFigures m = median_of(result.runs);
    append(text, "%7u %5u %9.1f %8.1f %6.2f %9.1f %8.1f %6.2f %7.1f %6.1f\n", result.clients,
           result.fps, m.bus_p50_us, m.floor_p50_us, m.ratio_p50, m.bus_p99_us, m.floor_p99_us,
           m.ratio_p99, m.slowest_client_p50_us, m.slowest_floor_p50_us);
  }
}

void append_cost(std::string& text, const Report& report) {
  append(text, "\ncost, us     publish p50           host CPU/frame   client CPU/frame\n");
  append(text, "%7s %9s %8s %6s %8s %8s %9s %8s\n", "clients", "ours", "wake", "ratio", "ours",
         "floor", "ours", "floor");
  for (const CountResult& result : report.results) {
    const RunFigures m = median_of(result.runs);
    append(text, "%7u %9.1f %8.1f %6.2f %8.1f %8.1f %9.1f %8.1f\n", result.clients, m.post_p50_us,
           m.wake_p50_us, m.post_ratio, m.host_cpu_us, m.host_floor_cpu_us, m.client_cpu_us,
           m.client_floor_cpu_us);
  }
}

void append_steady_state(std::string& text, const Report& report) {
  append(text,
         "\nsteady state  page faults/frame  allocations/frame    in all      delivered, %%\n");
  append(text, "%7s %12s %7s %10s %8s %7s %5s %9s %7s\n", "clients", "host", "client", "host",
         "client", "fds", "maps", "all", "worst");
  for (const CountResult& result : report.results) {
    const RunFigures m = median_of(result.runs);
    append(text, "%7u %12.4f %7.4f %10.4f %8.4f %7.0f %5.0f %9.2f %7.2f\n", result.clients,
           m.host_faults_per_frame, m.client_faults_per_frame, m.host_allocations_per_frame,
           m.client_allocations_per_frame, m.steady_fds_sent, m.steady_maps,
           100 * m.delivered_share, 100 * m.worst_delivered_share);
  }
}

void append_single_figures(std::string& text, const Report& report) {
  if (!report.results.empty()) {
    const RunFigures m = median_of(report.results.front().runs);
    append(text, "\nlock + unlock (C)      %8.0f ns\n", m.lock_unlock_ns);
    append(text, "lease + release (C++)  %8.0f ns\n", m.lease_release_ns);
  }
  if (report.syscalls) {
    const SyscallCounts& counts = *report.syscalls;
    append(text, "system calls a frame   client %.2f, host acquire %.2f + publish %.2f\n",
           counts.receive_per_frame, counts.acquire_per_frame, counts.publish_per_frame);
    append(text, "system calls of lock + unlock   %.2f\n", counts.lock_per_pair);
  } else {
    append(text, "system calls           not counted\n");
  }
  append(text, "host memory per idle client  %.1f KiB\n", report.host_bytes_per_idle_client / 1024);
}

}  // namespace

ordered_json machine_json() { return {{"cores", cores()}, {"kernel", kernel_release()}}; }

std::string to_text(const Report& report) {
  const Settings& settings = report.settings;
  std::string text;
  append(text, "%ux%u %s, %u buffers, %s API, %s%s%s; %ld cores, Linux %s; seed %llu\n",
         settings.width_px, settings.height_px, Fourcc{settings.fourcc}.to_string().c_str(),
         settings.buffers, settings.c_api ? "C" : "C++",
         settings.in_order || settings.c_api ? "in order" : "newest",
         settings.touch ? ", touched" : "", settings.pin ? ", pinned" : "", cores(),
         kernel_release().c_str(), static_cast<unsigned long long>(report.seed));
  if (!report.results.empty()) {
    append(text, "medians of %zu runs; floor: one futex wake for all, in the same processes\n\n",
           report.results.front().runs.size());
  }
  if (report.results.empty()) {
    append(text, "interrupted before a run had ended\n");
  } else {
    append_latency(text, report);
    append_cost(text, report);
    append_steady_state(text, report);
  }
  append_single_figures(text, report);
  return text;
}

std::string to_json(const Report& report) {
  ordered_json results = ordered_json::array();
  for (const CountResult& result : report.results) results.push_back(to_json(result));
  const ordered_json document = {
      {"machine", machine_json()},
      {"settings", to_json(report.settings)},
      {"seed", report.seed},
      {"host_bytes_per_idle_client", report.host_bytes_per_idle_client},
      {"system_calls", report.syscalls ? to_json(*report.syscalls) : ordered_json(nullptr)},
      {"results", results}};
  return document.dump(2);
}

}  // namespace vsl::bench
