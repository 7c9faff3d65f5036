// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <memory>

#include "base/guarded.hpp"
#include "ipc/address.hpp"
#include "ipc/memfds.hpp"
#include "ipc/socket.hpp"
#include "videostream/inspect.hpp"
#include "wire/v2_protocol.hpp"

namespace vsl {

namespace v2 = wire::v2;

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;  // a snapshot for people, number by number

}  // namespace

struct Inspector::Impl {
  int pid = 0;
  Mapping board;
  struct KnownLedger {
    std::string path;
    Mapping mapping;
  };
  std::map<std::uint32_t, KnownLedger> ledgers;  // by client index

  const v2::Board& get() const { return *board.as<const v2::Board>(); }
  Result<void> find_board(const std::string& socket_name);
  void find_ledgers();
  void add_client(HostSnapshot& host, std::uint32_t index);
  void count_frames(HostSnapshot& host) const;
};

Result<void> Inspector::Impl::find_board(const std::string& socket_name) {
  VSL_TRY(const auto paths, ipc::find_memfds(pid, "vsl:board"));
  for (const auto& path : paths) {
    VSL_TRY(Mapping candidate, ipc::map_memfd<v2::Board>(path));
    const auto& header = *candidate.as<const v2::Board>();
    if (header.magic != v2::kBoardMagic || header.version != v2::kVersion) continue;
    board = std::move(candidate);
    if (header.name_hash == v2::hash_name(socket_name)) return {};
  }
  if (board && paths.size() == 1) return {};  // reached by another name, through a link
  return Error::of(std::errc::not_supported,
                   "inspect process " + std::to_string(pid) +
                       ", which has no board: it is a host of release 2.5 or before");
}

void Inspector::Impl::find_ledgers() {
  const auto paths = ipc::find_memfds(pid, "vsl:ledger:");
  if (!paths) return;
  ledgers.clear();
  for (const auto& path : *paths) {
    auto mapping = ipc::map_memfd<v2::Ledger>(path);
    if (!mapping) continue;
    const auto& ledger = *mapping->as<const v2::Ledger>();
    if (ledger.magic != v2::kLedgerMagic || ledger.epoch != get().epoch) continue;
    ledgers[ledger.client_index] = {path, std::move(*mapping)};
  }
}

void Inspector::Impl::add_client(HostSnapshot& host, std::uint32_t index) {
  const v2::ClientEntry& entry = get().clients[index];
  ClientSnapshot client;
  client.pid = static_cast<std::int32_t>(entry.pid.load(std::memory_order_acquire));
  if (client.pid == 0) return;
  client.uid = entry.uid.load(kRelaxed);
  client.command.assign(entry.command, strnlen(entry.command, sizeof entry.command));
  client.since_ns = static_cast<std::int64_t>(entry.since_ns.load(kRelaxed));
  client.wire_version = entry.wire_version.load(kRelaxed);
  client.group = entry.group.load(kRelaxed);
  client.held = entry.held.load(kRelaxed);
  client.oldest_hold_ns = static_cast<std::int64_t>(entry.oldest_hold_ns.load(kRelaxed));
  const auto known = ledgers.find(index);
  if (known != ledgers.end()) {
    const auto& ledger = *known->second.mapping.as<const v2::Ledger>();
    client.name.assign(ledger.name, strnlen(ledger.name, sizeof ledger.name));
    // Read once: its client may write to all of this page at any time.
    auto& lease_words = const_cast<std::uint32_t&>(ledger.lease_words);
    const std::uint32_t words = std::atomic_ref(lease_words).load(kRelaxed);
    v2::scan(ledger, std::min(words, v2::kMaxLeaseWords),
             [&](std::uint64_t serial, std::uint32_t, std::uint32_t) {
               client.serials.push_back(serial);
             });
    client.delivered = ledger.delivered.load(kRelaxed);
    client.skipped = ledger.skipped.load(kRelaxed);
    client.lapped = ledger.lapped.load(kRelaxed);
    client.gone = ledger.gone.load(kRelaxed);
    client.no_lease = ledger.no_lease.load(kRelaxed);
    client.unknown_buffer = ledger.unknown_buffer.load(kRelaxed);
    for (std::size_t i = 0; i < client.wake_latency.size(); ++i) {
      client.wake_latency[i] = ledger.wake_latency[i].load(kRelaxed);
      client.hold_time[i] = ledger.hold_time[i].load(kRelaxed);
    }
  }
  host.clients.push_back(std::move(client));
}

void Inspector::Impl::count_frames(HostSnapshot& host) const {
  const v2::Board& from = get();
  for (const v2::BufferEntry& buffer : from.buffers) {
    if (buffer.id.load(std::memory_order_acquire) == 0) continue;
    ++host.buffers;
    host.buffer_bytes += buffer.bytes.load(kRelaxed);
  }
  // Only slots that the ring names: looking at all would allocate the board's unused pages.
  for (const auto& place : from.ring) {
    const std::uint64_t word = place.load(std::memory_order_acquire);
    if (word == 0 || v2::slot_of(word) >= v2::kSlotCount) continue;
    const std::uint64_t state = from.slots[v2::slot_of(word)].state.load(std::memory_order_acquire);
    if (state == v2::live_state(v2::serial_of(word))) ++host.live_frames;
    if (state == v2::retired_state(v2::serial_of(word))) ++host.retired_frames;
  }
  const std::uint64_t newest = v2::find(from, host.newest);
  if (newest == 0) return;
  const v2::Description& description = from.slots[v2::slot_of(newest)].description;
  host.fourcc = description.fourcc;
  host.width_px = description.width_px;
  host.height_px = description.height_px;
  host.newest_published_ns = description.published_ns;
}

namespace {

Result<std::unique_ptr<Inspector::Impl>> open_host(const std::string& path) {
  auto impl = std::make_unique<Inspector::Impl>();
  {
    // The kernel takes the connection into the host's queue and names the host even if that hangs.
    VSL_TRY(UniqueFd socket, ipc::connect_socket(path));
    const auto host = ipc::peer_credentials(socket.get());
    ipc::close_connection(std::move(socket));  // it may have sent us anything in the meantime
    if (!host) return host.error();
    impl->pid = host->pid;
  }
  VSL_CHECK(impl->find_board(path));
  return impl;
}

Result<HostSnapshot> look_at(Inspector::Impl& impl) {
  const v2::Board& board = impl.get();
  // One that closed its board ended in good order, and the board says so for as long as it is
  // mapped.
  const bool gone = ::access(("/proc/" + std::to_string(impl.pid)).c_str(), F_OK) != 0;
  if (gone && board.closing.load(kRelaxed) == 0) {
    return Error::of(std::errc::no_such_process, "look at host " + std::to_string(impl.pid));
  }
  HostSnapshot host;
  host.pid = impl.pid;
  host.epoch = board.epoch;
  host.started_ns = board.started_ns;
  host.newest = board.newest.load(std::memory_order_acquire);
  host.closing = board.closing.load(kRelaxed);
  host.posted = board.posted.load(kRelaxed);
  host.no_buffer = board.no_buffer.load(kRelaxed);
  host.taken_back = board.taken_back.load(kRelaxed);
  host.refused = board.refused.load(kRelaxed);
  host.v1_clients = board.v1_clients.load(kRelaxed);
  host.v2_clients = board.v2_clients.load(kRelaxed);
  impl.count_frames(host);
  impl.find_ledgers();
  for (std::uint32_t i = 0; i < v2::kShownClients; ++i) impl.add_client(host, i);
  return host;
}

}  // namespace

Result<Inspector> Inspector::open(const std::string& path) {
  return guarded("inspect a host", [&]() -> Result<Inspector> {
    VSL_TRY(auto impl, open_host(path));
    return Inspector(std::move(impl));
  });
}

Result<HostSnapshot> Inspector::snapshot() {
  return guarded("look at a host", [&] { return look_at(*impl_); });
}

Inspector::Inspector(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Inspector::Inspector(Inspector&&) noexcept = default;
Inspector& Inspector::operator=(Inspector&&) noexcept = default;
Inspector::~Inspector() = default;

std::uint64_t percentile_ns(const Histogram& histogram, double share) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : histogram) total += count;
  if (total == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total - 1)) + 1;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    seen += histogram[i];
    if (seen >= wanted) return std::uint64_t{2} << i;
  }
  return std::uint64_t{2} << (histogram.size() - 1);
}

}  // namespace vsl
