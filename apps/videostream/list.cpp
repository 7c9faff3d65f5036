// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command.hpp"
#include "display_text.hpp"
#include "json_output.hpp"
#include "metrics.hpp"
#include "socket_name.hpp"
#include "terminal.hpp"
#include "text_table.hpp"
#include "top_format.hpp"
#include "videostream/fourcc.hpp"
#include "videostream/inspect.hpp"

namespace vsl::command {
namespace {

/// A host and what it shows of itself; nothing when it ended while we looked.
struct Listed {
  std::string name;  // as GStreamer's device monitor calls it
  std::int32_t pid;
  std::optional<HostSnapshot> state;
};

Result<std::vector<Listed>> look_at_hosts() {
  VSL_TRY(const auto hosts, list_hosts());
  std::vector<Listed> listed;
  for (const RunningHost& host : hosts) {
    std::optional<HostSnapshot> state;
    if (auto inspector = Inspector::open(host.path)) {
      if (auto snapshot = inspector->snapshot()) state = std::move(*snapshot);
    }
    listed.push_back({shown_socket(host.path), host.pid, state});
  }
  return listed;
}

std::string size_of(const HostSnapshot& state) {
  return std::to_string(state.width_px) + "x" + std::to_string(state.height_px);
}

std::string hosts_text(const std::vector<Listed>& hosts, TerminalSize size) {
  TextTable table({{"SOCKET", Align::left, 0, 12, true},
                   {"PID", Align::right, 2, 7},
                   {"FORMAT", Align::left, 4, 6},
                   {"SIZE", Align::left, 1, 9},
                   {"CLIENTS", Align::right, 3, 7},
                   {"POSTED", Align::right, 5, 6},
                   {"NEWEST", Align::right, 6, 6},
                   {"UP", Align::right, 7, 6}});
  const std::int64_t now_ns = monotonic_ns();
  for (const Listed& host : hosts) {
    std::vector<std::string> cells{printable(host.name), std::to_string(host.pid)};
    if (host.state) {
      const HostSnapshot& state = *host.state;
      const bool any = state.newest != 0;
      cells.push_back(any ? printable(Fourcc{state.fourcc}.to_string()) : "-");
      cells.push_back(any ? size_of(state) : "-");
      cells.push_back(std::to_string(state.v1_clients + state.v2_clients));
      cells.push_back(std::to_string(state.posted));
      cells.push_back(any ? duration_text(elapsed_ns(state.newest_published_ns, now_ns)) : "-");
      cells.push_back(duration_text(elapsed_ns(state.started_ns, now_ns)));
    }
    table.add_row(std::move(cells));
  }
  return table.text(size);
}

nlohmann::ordered_json hosts_json(const std::vector<Listed>& hosts) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Listed& host : hosts) {
    nlohmann::ordered_json record{{"path", printable(host.name)}, {"pid", host.pid}};
    if (host.state) {
      const HostSnapshot& state = *host.state;
      record["format"] = state.newest == 0 ? "" : printable(Fourcc{state.fourcc}.to_string());
      record["width_px"] = state.width_px;
      record["height_px"] = state.height_px;
      record["clients"] = state.v1_clients + state.v2_clients;
      record["posted"] = state.posted;
      record["started_ns"] = state.started_ns;
      record["newest_published_ns"] = state.newest_published_ns;
    }
    list.push_back(std::move(record));
  }
  return {{"hosts", std::move(list)}};
}

int print_hosts(const Globals& globals) {
  const auto hosts = look_at_hosts();
  if (!hosts) return report_failure(globals, ExitClass::general, hosts.error().message());
  if (globals.json) {
    print_json(hosts_json(*hosts));
  } else if (hosts->empty()) {
    log_info(::geteuid() == 0 ? "no host runs"
                              : "no host of this user runs; root sees those of all users");
  } else {
    const TerminalSize size{terminal_size(STDOUT_FILENO).columns, 0};  // lines may scroll away
    std::fputs(hosts_text(*hosts, size).c_str(), stdout);
  }
  return 0;
}

}  // namespace

void add_list(CLI::App& app, Globals& globals, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("list", "List running hosts: those of this user, of all users for root");
  command->callback([&globals, &exit_code] {
    leave_stop_signals();
    exit_code = print_hosts(globals);
  });
}

}  // namespace vsl::command
