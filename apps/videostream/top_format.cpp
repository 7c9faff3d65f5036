// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "top_format.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "display_text.hpp"
#include "metrics.hpp"
#include "text_table.hpp"
#include "videostream/fourcc.hpp"

namespace vsl::command {
namespace {

using nlohmann::ordered_json;

constexpr double kNsPerSecond = 1e9;
constexpr std::size_t kShownSerials = 4;

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string rate_text(double fps) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", fps);
  return text;
}

// As a string: a JSON number of 64 bits loses its last digits in many a reader.
std::string hex(std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
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

std::string host_text(const TopView& view, std::size_t columns) {
  const HostSnapshot& host = view.host;
  const std::string newest =
      host.newest == 0 ? "none yet"
                       : duration_text(elapsed_ns(host.newest_published_ns, view.now_ns)) + " ago";
  const std::string size = number(host.width_px) + "x" + number(host.height_px);
  std::vector<std::string> name{printable(view.path), "pid " + std::to_string(host.pid),
                                "epoch " + hex(host.epoch),
                                "up " + duration_text(elapsed_ns(host.started_ns, view.now_ns))};
  if (host.closing != 0) name.emplace_back("CLOSING");
  return flowed(name, columns) +
         flowed({size + " " + printable(Fourcc{host.fourcc}.to_string()),
                 "posted " + number(host.posted), rate_text(view.fps) + " fps", "newest " + newest},
                columns) +
         flowed({"frames " + number(host.live_frames) + " live, " + number(host.retired_frames) +
                     " retired",
                 "buffers " + number(host.buffers) + " (" + bytes_text(host.buffer_bytes) + ")",
                 "clients " + number(host.v2_clients) + " v2, " + number(host.v1_clients) + " v1"},
                columns) +
         flowed({"no buffer " + number(host.no_buffer), "taken back " + number(host.taken_back),
                 "refused " + number(host.refused)},
                columns) +
         "\n";
}

/// Who, how fast, what is held and what is missed: that is what is looked for. docs/top.md has
/// them.
TextTable client_table() {
  return TextTable({{"PID", Align::right, 0, 7},
                    {"UID", Align::right, 7, 5},
                    {"COMMAND:NAME", Align::left, 0, 12, true},
                    {"W", Align::left, 9, 2},
                    {"FPS", Align::right, 1, 6},
                    {"HELD", Align::right, 2, 4},
                    {"OLDEST", Align::right, 3, 8},
                    {"DELIVERED", Align::right, 6, 9},
                    {"SKIPPED", Align::right, 4, 7},
                    {"LAPPED", Align::right, 11, 6},
                    {"GONE", Align::right, 11, 4},
                    {"FULL", Align::right, 11, 4},
                    {"NOBUF", Align::right, 11, 5},
                    {"WAKE p50 / p99", Align::left, 5, 17},
                    {"HOLD p50 / p99", Align::left, 8, 17},
                    {"SERIALS", Align::left, 10}});
}

void add_client(TextTable& table, const ClientSnapshot& client, const ClientRecent& recent) {
  const std::string name =
      client.name.empty() ? client.command : client.command + ":" + client.name;
  table.add_row({std::to_string(client.pid), number(client.uid), printable(name),
                 "v" + number(client.wire_version),
                 // A client of version 1 does not say what it was given.
                 client.wire_version == 1 || !recent.fps ? "-" : rate_text(*recent.fps),
                 number(client.held), client.held == 0 ? "-" : duration_text(client.oldest_hold_ns),
                 number(client.delivered), number(client.skipped), number(client.lapped),
                 number(client.gone), number(client.no_lease), number(client.unknown_buffer),
                 percentiles_text(recent.wake_latency), percentiles_text(recent.hold_time),
                 serials_text(client)});
}

ordered_json percentiles_json(const Histogram& histogram) {
  return {{"p50_ns", percentile_ns(histogram, 0.5)}, {"p99_ns", percentile_ns(histogram, 0.99)}};
}

ordered_json client_json(const ClientSnapshot& client, const ClientRecent& recent) {
  ordered_json record = {{"pid", client.pid},
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
  if (recent.fps) record["fps"] = *recent.fps;
  return record;
}

}  // namespace

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

std::string top_text(const TopView& view, TerminalSize size) {
  const std::string head = host_text(view, size.columns);
  TextTable table = client_table();
  for (std::size_t i = 0; i < view.host.clients.size(); ++i) {
    const ClientRecent recent = i < view.recent.size() ? view.recent[i] : ClientRecent{};
    add_client(table, view.host.clients[i], recent);
  }
  if (size.rows != 0) {
    const auto used = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n'));
    size.rows = size.rows > used ? size.rows - used : 1;
  }
  return head + table.text(size);
}

std::string top_json(const TopView& view) {
  const HostSnapshot& host = view.host;
  ordered_json clients = ordered_json::array();
  for (std::size_t i = 0; i < host.clients.size(); ++i) {
    const ClientRecent recent = i < view.recent.size() ? view.recent[i] : ClientRecent{};
    clients.push_back(client_json(host.clients[i], recent));
  }
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
