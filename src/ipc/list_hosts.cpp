// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>
#include <tuple>

#include "base/guarded.hpp"
#include "ipc/memfds.hpp"
#include "videostream/inspect.hpp"
#include "wire/v2_protocol.hpp"

namespace vsl {

namespace v2 = wire::v2;

namespace {

/// By inode: the names that sockets which listen for packets were bound to.
using Listening = std::map<std::string, std::string>;

Result<Listening> listening_sockets() {
  constexpr std::string_view kListens = "00010000", kPackets = "0005";  // net/unix/af_unix.c
  std::ifstream table("/proc/net/unix");
  if (!table) return Error::last("read /proc/net/unix");
  Listening found;
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, references, protocol, flags, type, state, inode, name;
    fields >> number >> references >> protocol >> flags >> type >> state >> inode;
    std::getline(fields >> std::ws, name);
    if (flags == kListens && type == kPackets && !name.empty()) found[inode] = name;
  }
  return found;
}

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
    const auto inode = leads_to.substr(kSocket.size(), leads_to.size() - kSocket.size() - 1);
    const auto known = listening.find(std::string(inode));
    if (known != listening.end()) names.push_back(known->second);
  }
  return names;
}

/// What a host was asked to listen on, of what its socket was bound to: a file is bound beside its
/// path and moved there (docs/spec/wire-v2.md#socket-file).
std::string path_of(std::string bound) {
  if (bound.starts_with('@')) return bound.substr(1);
  constexpr std::size_t kSuffix = sizeof(".01234567") - 1;
  if (bound.size() > kSuffix && bound[bound.size() - kSuffix] == '.') {
    bound.resize(bound.size() - kSuffix);
  }
  return bound;
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
      const std::string path = path_of(name);
      if (v2::hash_name(path) == header.name_hash) hosts.push_back({path, pid, header.epoch});
    }
  }
}

Result<std::vector<RunningHost>> hosts_of_all() {
  VSL_TRY(const Listening listening, listening_sockets());
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
