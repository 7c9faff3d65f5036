// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "receiver_run.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

namespace vsl::command {

Receiver::Receiver(const Globals& globals, const ReceiveOptions& options, Client& client)
    : options_(options),
      client_(client),
      reporter_(globals, options.report,
                [this](auto& record, Record kind) { add_counters(record, kind); }) {}

Result<void> Receiver::run(const StopSignal& stop) {
  const std::int64_t timeout_ns = options_.timeout().count();
  std::int64_t last_frame_ns = monotonic_ns();
  while (!stop.requested() && !limit_reached()) {
    reporter_.tick();
    VSL_TRY(std::optional<Lease> lease, next_lease());
    if (lease) {
      take(std::move(*lease), stop);
      last_frame_ns = monotonic_ns();
    } else if (monotonic_ns() - last_frame_ns >= timeout_ns) {
      char text[64];
      std::snprintf(text, sizeof text, "no frame within %.1f seconds on ",
                    static_cast<double>(timeout_ns) / 1e9);
      return Error::of(std::errc::timed_out, text + client_.path());
    }
  }
  return {};
}

Result<std::optional<Lease>> Receiver::next_lease() {
  // In slices, since a signal does not end the library's wait.
  constexpr std::chrono::nanoseconds kSlice = std::chrono::milliseconds(50);
  auto lease = client_.wait_frame(std::min(kSlice, options_.timeout()));
  if (lease) return lease;
  if (lease.error().code == std::errc::interrupted) return std::optional<Lease>();
  if (lease.error().code == std::errc::too_many_files_open && !held_.empty()) {
    held_.pop_front();  // the host grants fewer than --hold asks for
    return std::optional<Lease>();
  }
  return lease;
}

void Receiver::take(Lease lease, const StopSignal& stop) {
  const std::int64_t latency_ns = monotonic_ns() - lease.published_ns();
  const FrameInfo info = lease.info();
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < info.layout.buffer_count; ++i) bytes += info.layout.buffer_bytes[i];
  reporter_.add_frame(bytes, latency_ns);
  count_gap(info.serial);
  if (options_.verify) {
    const ClientStats stats = client_.stats();
    verifier_.check(lease, info, stats.epoch + stats.reconnects);
  }
  if (options_.touch) touch(lease, info);
  if (options_.slow_ms > 0) stop.wait_ms(static_cast<int>(options_.slow_ms));
  faults_.frame_done();
  if (options_.hold == 0) return;
  held_.push_back(std::move(lease));
  if (held_.size() > options_.hold) held_.pop_front();
}

void Receiver::count_gap(std::uint64_t serial) {
  const std::uint64_t missing = gaps_.next(serial);
  reporter_.add_drops(missing);
  missed_ += missing;
  if (gaps_.restarted()) log_warn("serials start again: the host was restarted");
  // A slow reader misses frames all the time: said now and then, the count is in the metrics.
  constexpr std::int64_t kQuietNs = 1'000'000'000;
  const std::int64_t now_ns = monotonic_ns();
  if (missing == 0 || now_ns < next_warning_ns_) return;
  next_warning_ns_ = now_ns + kQuietNs;
  const std::string text =
      std::to_string(missed_) + " frames missed before frame " + std::to_string(serial);
  missed_ = 0;
  if (options_.slow_ms > 0) {
    log_debug(text);
  } else {
    log_warn(text);
  }
}

void Receiver::touch(const Lease& lease, const FrameInfo& info) {
  constexpr std::size_t kPageBytes = 4096;
  for (std::size_t i = 0; i < info.layout.plane_count; ++i) {
    const std::span<const std::byte> plane = lease.plane(i);
    for (std::size_t at = 0; at < plane.size(); at += kPageBytes) {
      touched_ = touched_ + std::to_integer<unsigned>(plane[at]);
    }
  }
}

void Receiver::add_counters(nlohmann::ordered_json& record, Record kind) {
  const ClientStats stats = client_.stats();
  if (options_.verify) verdicts().add_to(record);
  record["skipped"] = stats.skipped;
  record["lapped"] = stats.lapped;
  record["gone"] = stats.gone;
  record["no_lease"] = stats.no_lease;
  record["unknown_buffer"] = stats.unknown_buffer;
  record["holding"] = held_.size() + (options_.slow_ms > 0 ? 1 : 0);
  record["copies"] = 0;  // pixels are read where the host wrote them
  add_faults(record, faults_, kind);
  record["maps"] = stats.maps;
  record["fds_received"] = stats.fds_received;
  record["reconnects"] = stats.reconnects;
  record["wire_version"] = stats.wire_version;
}

}  // namespace vsl::command
