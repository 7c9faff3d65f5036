// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "videostream/result.hpp"

namespace vsl {

/// Bucket i counts durations in [2^i, 2^(i+1)) ns. Written by the client: shown, not trusted.
using Histogram = std::array<std::uint64_t, 32>;
/// Upper edge in ns of the bucket that holds the given share (0 … 1) of all; 0 when empty.
VSL_EXPORT std::uint64_t percentile_ns(const Histogram& histogram, double share);

struct ClientSnapshot {
  std::int32_t pid = 0;
  std::uint32_t uid = 0;
  std::string command, name;
  std::int64_t since_ns = 0;  ///< CLOCK_MONOTONIC of its connect
  std::uint32_t wire_version = 0, group = 0;
  std::uint32_t held = 0;              ///< frames in its hands at the host's last look
  std::int64_t oldest_hold_ns = 0;     ///< age of the oldest of them, as the host saw it
  std::vector<std::uint64_t> serials;  ///< what its ledger says it holds now (v2)
  std::uint64_t delivered = 0, skipped = 0, lapped = 0, gone = 0, no_lease = 0, unknown_buffer = 0;
  Histogram wake_latency{}, hold_time{};
};

struct HostSnapshot {
  std::int32_t pid = 0;
  std::uint64_t epoch = 0, newest = 0;
  std::int64_t started_ns = 0;
  std::uint32_t closing = 0;  ///< 0: it runs
  std::uint64_t posted = 0, no_buffer = 0, taken_back = 0, refused = 0;
  std::uint32_t v1_clients = 0, v2_clients = 0;
  std::uint32_t live_frames = 0, retired_frames = 0, buffers = 0;
  std::uint64_t buffer_bytes = 0;
  std::uint32_t fourcc = 0, width_px = 0, height_px = 0;  ///< of the newest frame
  std::int64_t newest_published_ns = 0;
  std::vector<ClientSnapshot> clients;
};

/// A host that listens on this machine.
struct RunningHost {
  std::string path;  ///< what Client::connect and Inspector::open take
  std::int32_t pid = 0;
  std::uint64_t epoch = 0;  ///< of this life of it
};

/// The hosts of processes that the caller may look into: its own user's; of all users for root.
/// Hosts of release 2.5, of other network namespaces, and whose socket file is gone, are not found.
/// Costs a look at every process. Any thread.
/// Errors: without /proc, or a kernel that tells of no sockets (unix_diag).
VSL_EXPORT Result<std::vector<RunningHost>> list_hosts();

/// Looks into a host from outside, also while it hangs: reads its board and ledgers through
/// /proc/<pid>/fd. Needs the host's uid or root. Thread-confined.
class VSL_EXPORT Inspector {
 public:
  /// Errors: those of connect; permission_denied (not the host's user); not_supported (a v1 host).
  static Result<Inspector> open(const std::string& path);
  Inspector(Inspector&&) noexcept;
  Inspector& operator=(Inspector&&) noexcept;
  ~Inspector();
  /// Of a host that ended in good order: its last state, with `closing` set.
  /// Errors: no_such_process (the host was killed or crashed).
  Result<HostSnapshot> snapshot();

  struct Impl;
  explicit Inspector(std::unique_ptr<Impl> impl) noexcept;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace vsl
