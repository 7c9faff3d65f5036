// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "base/guarded.hpp"
#include "ipc/memfds.hpp"
#include "ipc/unix_sockets.hpp"
#include "videostream/inspect.hpp"
#include "wire/v2_protocol.hpp"

namespace vsl {

namespace v2 = wire::v2;

namespace {

using Listening = std::unordered_map<std::uint64_t, ipc::ListeningSocket>;

/// The names of sockets that a process has open, of those that listen.
std::vector<std::string> names_of(int pid, const Listening& listening) {
  std::vector<std::string> names;
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const std::unique_ptr<DIR, int (*)(DIR*)> fds(::opendir(folder.c_str()), ::closedir);
  if (fds == nullptr) return names;
  while (const dirent* entry = ::readdir(fds.get())) {
    std::array<char, 64> target{};
    const ssize_t length =
        ::readlink((folder + "/" + entry->d_name).c_str(), target.data(), target.size());
    const std::string_view leads_to(target.data(), length > 0 ? static_cast<size_t>(length) : 0);
    constexpr std::string_view kSocket = "socket:[";
    if (!leads_to.starts_with(kSocket) || !leads_to.ends_with(']')) continue;
    std::uint64_t inode = 0;
    std::from_chars(leads_to.data() + kSocket.size(), leads_to.data() + leads_to.size(), inode);
    const auto known = listening.find(inode);
    if (known != listening.end() && ipc::leads_to(known->second)) {
      names.push_back(known->second.name);
    }
  }
  return names;
}

void add_hosts_of(int pid, const Listening& listening, std::vector<RunningHost>& hosts) {
  const auto boards = ipc::find_memfds(pid, "vsl:board");
  if (!boards || boards->empty()) return;
  const auto names = names_of(pid, listening);
  for (const std::string& board : *boards) {
    const auto mapping = ipc::map_memfd<v2::Board>(board);
    if (!mapping) continue;
    const auto& header = *mapping->as<const v2::Board>();
    if (header.magic != v2::kBoardMagic || header.version != v2::kVersion) continue;
    for (const std::string& name : names) {
      if (v2::hash_name(name) == header.name_hash) hosts.push_back({name, pid, header.epoch});
    }
  }
}

Result<std::vector<RunningHost>> hosts_of_all() {
  VSL_TRY(const Listening listening, ipc::listening_sockets());
  std::vector<RunningHost> hosts;
  if (listening.empty()) return hosts;
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
  if (processes == nullptr) return Error::last("look at the processes in /proc");
  while (const dirent* entry = ::readdir(processes.get())) {
    const std::string_view name = entry->d_name;
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc{} && *end == '\0') add_hosts_of(pid, listening, hosts);
  }
  // A child that was forked has what its parent has open: one of them is named.
  const auto before = [](const auto& a, const auto& b) {
    return std::tie(a.path, a.epoch, a.pid) < std::tie(b.path, b.epoch, b.pid);
  };
  std::sort(hosts.begin(), hosts.end(), before);
  const auto same = [](const auto& a, const auto& b) {
    return a.path == b.path && a.epoch == b.epoch;
  };
  hosts.erase(std::unique(hosts.begin(), hosts.end(), same), hosts.end());
  return hosts;
}

}  // namespace

Result<std::vector<RunningHost>> list_hosts() { return guarded("list hosts", hosts_of_all); }

}  // namespace vsl
