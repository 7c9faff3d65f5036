// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "sink_settings.hpp"

#include <algorithm>
#include <charconv>

namespace vsl::gst {
namespace {

template <class Id>
Result<std::vector<Id>> parse_ids(const std::string& text, const char* property) {
  std::vector<Id> ids;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    Id id{};
    const auto [next, error] = std::from_chars(at, end, id);
    if (error != std::errc{} || (next != end && *next != ',') || next + 1 == end) {
      return Error::of(std::errc::invalid_argument,
                       std::string("read ") + property + "=" + text + ": want 1000,1001,…");
    }
    ids.push_back(id);
    at = next == end ? end : next + 1;
  }
  return ids;
}

constexpr std::int64_t kMostMs = INT64_MAX / 1'000'000;

}  // namespace

std::chrono::nanoseconds lifespan_of(const SinkSettings& settings) {
  return std::chrono::milliseconds(std::clamp<std::int64_t>(settings.lifespan_ms, 0, kMostMs / 2));
}

Result<HostOptions> host_options(const SinkSettings& settings) {
  HostOptions options{.access = settings.access};
  options.hold_limit = std::chrono::milliseconds(std::min(settings.hold_limit_ms, kMostMs / 2));
  // Also before the first frame tells the host how few buffers there are: a reader must not get all.
  constexpr guint kReserve = 4;
  options.max_leases = std::clamp(settings.pool_size, kReserve + 1, kReserve + 20) - kReserve;
  options.max_clients = settings.max_clients;
  if (settings.socket_mode != 0) options.socket_mode = settings.socket_mode;
  VSL_TRY(options.allowed_uids, parse_ids<uid_t>(settings.allowed_uids, "allowed-uids"));
  VSL_TRY(options.allowed_gids, parse_ids<gid_t>(settings.allowed_gids, "allowed-gids"));
  return options;
}

GType access_get_type() {
  static const GEnumValue kValues[] = {
      {static_cast<gint>(Access::read), "Clients may read", "read"},
      {static_cast<gint>(Access::read_write),
       "Clients may read and write, as those of release 2.5 expect", "read-write"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("VslAccess", kValues);
  return type;
}

GType memory_source_get_type() {
  static const GEnumValue kValues[] = {
      {static_cast<gint>(MemorySource::automatic), "A DMA heap if there is one, else a memfd",
       "auto"},
      {static_cast<gint>(MemorySource::dma_heap), "A DMA heap", "dma-heap"},
      {static_cast<gint>(MemorySource::udmabuf), "A memfd wrapped as dma-buf (/dev/udmabuf)",
       "udmabuf"},
      {static_cast<gint>(MemorySource::memfd), "A sealed memfd", "memfd"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("VslMemorySource", kValues);
  return type;
}

std::string socket_name(const std::string& path) {
  return path.starts_with('@') ? path.substr(1) : path;
}

}  // namespace vsl::gst
