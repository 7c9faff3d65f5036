// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "top_format.hpp"

#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "metrics.hpp"
#include "videostream/fourcc.hpp"

namespace vsl::command {
namespace {

using nlohmann::ordered_json;

constexpr double kNsPerSecond = 1e9;
constexpr std::size_t kShownSerials = 4;

__attribute__((format(printf, 2, 3))) void append(std::string& text, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  text += line;
}

std::string bytes_text(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
  return text;
}

std::string serials_text(const ClientSnapshot& client) {
  std::string text;
  for (std::size_t i = 0; i < client.serials.size() && i < kShownSerials; ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(client.serials[i]);
  }
  return client.serials.size() > kShownSerials ? text + ",..." : text;
}

std::string percentiles_text(const Histogram& histogram) {
  const auto p50 = percentile_ns(histogram, 0.5), p99 = percentile_ns(histogram, 0.99);
  if (p50 == 0) return "-";
  return duration_text(static_cast<std::int64_t>(p50)) + " / " +
         duration_text(static_cast<std::int64_t>(p99));
}

void append_host(std::string& text, const TopView& view) {
  const HostSnapshot& host = view.host;
  append(text, "%s  pid %d  epoch %016llx  up %s%s\n", printable(view.path).c_str(), host.pid,
         static_cast<unsigned long long>(host.epoch),
         duration_text(elapsed_ns(host.started_ns, view.now_ns)).c_str(),
         host.closing != 0 ? "  CLOSING" : "");
  const std::string newest =
      host.newest == 0 ? "none yet"
                       : duration_text(elapsed_ns(host.newest_published_ns, view.now_ns)) + " ago";
  append(text, "%ux%u %s  posted %llu  %.1f fps  newest %s\n", host.width_px, host.height_px,
         Fourcc{host.fourcc}.to_string().c_str(), static_cast<unsigned long long>(host.posted),
         view.fps, newest.c_str());
  append(text, "frames %u live, %u retired  buffers %u (%s)  clients %u v2, %u v1\n",
         host.live_frames, host.retired_frames, host.buffers, bytes_text(host.buffer_bytes).c_str(),
         host.v2_clients, host.v1_clients);
  append(text, "no buffer %llu  taken back %llu  refused %llu\n\n",
         static_cast<unsigned long long>(host.no_buffer),
         static_cast<unsigned long long>(host.taken_back),
         static_cast<unsigned long long>(host.refused));
}

void append_client(std::string& text, const ClientSnapshot& client) {
  const std::string name =
      client.name.empty() ? client.command : client.command + ":" + client.name;
  append(
      text, "%7d %5u %-20.20s v%u %4u %10s %10llu %8llu %6llu %6llu %6llu %6llu  %-19s %-19s %s\n",
      client.pid, client.uid, printable(name).c_str(), client.wire_version, client.held,
      client.held == 0 ? "-" : duration_text(client.oldest_hold_ns).c_str(),
      static_cast<unsigned long long>(client.delivered),
      static_cast<unsigned long long>(client.skipped),
      static_cast<unsigned long long>(client.lapped), static_cast<unsigned long long>(client.gone),
      static_cast<unsigned long long>(client.no_lease),
      static_cast<unsigned long long>(client.unknown_buffer),
      percentiles_text(client.wake_latency).c_str(), percentiles_text(client.hold_time).c_str(),
      serials_text(client).c_str());
}

ordered_json percentiles_json(const Histogram& histogram) {
  return {{"p50_ns", percentile_ns(histogram, 0.5)}, {"p99_ns", percentile_ns(histogram, 0.99)}};
}

ordered_json client_json(const ClientSnapshot& client) {
  return {{"pid", client.pid},
          {"uid", client.uid},
          {"command", client.command},
          {"name", client.name},
          {"wire_version", client.wire_version},
          {"group", client.group},
          {"since_ns", client.since_ns},
          {"held", client.held},
          {"held_serials", client.serials},
          {"oldest_hold_ns", client.oldest_hold_ns},
          {"delivered", client.delivered},
          {"skipped",
           {{"all", client.skipped},
            {"lapped", client.lapped},
            {"gone", client.gone},
            {"no_lease", client.no_lease},
            {"unknown_buffer", client.unknown_buffer}}},
          {"wake_latency", percentiles_json(client.wake_latency)},
          {"hold_time", percentiles_json(client.hold_time)}};
}

}  // namespace

double fps_between(const HostSnapshot& before, std::int64_t before_ns, const HostSnapshot& after,
                   std::int64_t after_ns) {
  if (after_ns <= before_ns || after.posted < before.posted) return 0;
  return static_cast<double>(after.posted - before.posted) * kNsPerSecond /
         static_cast<double>(elapsed_ns(before_ns, after_ns));
}

std::string duration_text(std::int64_t ns) {
  char text[32];
  const auto value = static_cast<double>(ns);
  if (ns < 1'000) {
    std::snprintf(text, sizeof(text), "%lld ns", static_cast<long long>(ns));
  } else if (ns < 1'000'000) {
    std::snprintf(text, sizeof(text), "%.1f us", value / 1e3);
  } else if (ns < 1'000'000'000) {
    std::snprintf(text, sizeof(text), "%.1f ms", value / 1e6);
  } else {
    std::snprintf(text, sizeof(text), "%.1f s", value / kNsPerSecond);
  }
  return text;
}

std::string printable(const std::string& text) {
  std::string result = text;
  for (char& c : result) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return result;
}

std::string top_text(const TopView& view) {
  std::string text;
  append_host(text, view);
  append(text, "%7s %5s %-20s %2s %4s %10s %10s %8s %6s %6s %6s %6s  %-19s %-19s %s\n", "PID",
         "UID", "COMMAND:NAME", "W", "HELD", "OLDEST", "DELIVERED", "SKIPPED", "LAPPED", "GONE",
         "FULL", "NOBUF", "WAKE p50 / p99", "HOLD p50 / p99", "SERIALS");
  for (const ClientSnapshot& client : view.host.clients) append_client(text, client);
  return text;
}

namespace {

// As a string: a JSON number of 64 bits loses its last digits in many a reader.
std::string hex(std::uint64_t value) {
  std::string text;
  append(text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

std::string top_json(const TopView& view) {
  const HostSnapshot& host = view.host;
  ordered_json clients = ordered_json::array();
  for (const ClientSnapshot& client : host.clients) clients.push_back(client_json(client));
  const ordered_json document = {{"path", view.path},
                                 {"pid", host.pid},
                                 {"epoch", hex(host.epoch)},
                                 {"now_ns", view.now_ns},
                                 {"started_ns", host.started_ns},
                                 {"closing", host.closing != 0},
                                 {"format", Fourcc{host.fourcc}.to_string()},
                                 {"width_px", host.width_px},
                                 {"height_px", host.height_px},
                                 {"posted", host.posted},
                                 {"newest", host.newest},
                                 {"newest_published_ns", host.newest_published_ns},
                                 {"fps", view.fps},
                                 {"live_frames", host.live_frames},
                                 {"retired_frames", host.retired_frames},
                                 {"buffers", host.buffers},
                                 {"buffer_bytes", host.buffer_bytes},
                                 {"no_buffer", host.no_buffer},
                                 {"taken_back", host.taken_back},
                                 {"refused", host.refused},
                                 {"v1_clients", host.v1_clients},
                                 {"v2_clients", host.v2_clients},
                                 {"clients", clients}};
  // Names are what other processes say they are: bytes that are no UTF-8 are replaced.
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace vsl::command
