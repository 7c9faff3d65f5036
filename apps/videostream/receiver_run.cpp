// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "receiver_run.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "connect.hpp"

namespace vsl::command {
Receiver::Receiver(const Globals& globals, const ReceiveOptions& options, Client& client)
    : options_(options),
      client_(client),
      reporter_(globals, options.report,
                [this](auto& record, Record kind) { add_counters(record, kind); }) {}

Result<void> Receiver::run(const StopSignal& stop) {
  const std::int64_t timeout_ns = options_.timeout().count();
  constexpr std::int64_t kStoppedNs = 500'000'000;  // far longer than any wait for a frame here
  std::int64_t last_frame_ns = monotonic_ns();
  while (!stop.requested() && !limit_reached()) {
    reporter_.tick();
    const std::int64_t asked_ns = monotonic_ns();
    VSL_TRY(std::optional<Lease> lease, next_lease());
    const std::int64_t waited_ns = monotonic_ns() - asked_ns;
    if (lease) {
      VSL_CHECK(take(std::move(*lease), stop));
      last_frame_ns = monotonic_ns();
    } else if (waited_ns >= kStoppedNs) {
      last_frame_ns += waited_ns;  // we were stopped or suspended: that says nothing about the host
    } else if (monotonic_ns() - last_frame_ns >= timeout_ns) {
      if (last_chance()) {
        last_frame_ns = monotonic_ns();
        continue;
      }
      char text[64];
      std::snprintf(text, sizeof text, "no frame within %.1f seconds on ",
                    static_cast<double>(timeout_ns) / 1e9);
      return Error::of(std::errc::timed_out, text + client_.path() + refused_sentence(client_));
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
    if (!std::exchange(told_of_grant_, true)) {
      log_warn("the host grants " + std::to_string(held_.size()) +
               " frames at once, --hold asks for " + std::to_string(options_.hold) +
               ": the oldest is let go for each new one");
    }
    let_oldest_go();
    return std::optional<Lease>();
  }
  return lease;
}

Result<void> Receiver::take(Lease lease, const StopSignal& stop) {
  const std::int64_t latency_ns = elapsed_ns(lease.published_ns(), monotonic_ns());
  const FrameInfo info = lease.info();
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < info.layout.buffer_count; ++i) bytes += info.layout.buffer_bytes[i];
  reporter_.add_frame(bytes, latency_ns);
  const bool after_gap = count_losses(info.serial);
  if (options_.verify) {
    const ClientStats stats = client_.stats();
    verifier_.check(lease, info, stats.epoch + stats.reconnects);
  }
  if (options_.decode) VSL_CHECK(decode(lease, info, after_gap));
  if (options_.touch) touch(lease, info);
  if (options_.slow_ms > 0) stop.wait_ms(static_cast<int>(options_.slow_ms));
  faults_.frame_done();
  if (options_.hold > 0) keep(std::move(lease));
  return {};
}

Result<void> Receiver::decode(const Lease& lease, const FrameInfo& info, bool after_gap) {
  site_ = Site::codec;
  if (is_raw(info.layout.fourcc)) {
    return Error::of(std::errc::invalid_argument,
                     "decode the frames of " + client_.path() + ": they are raw pictures (" +
                         info.layout.fourcc.to_string() +
                         "), there is nothing to decode: leave --decode out");
  }
  if (options_.codec && options_.codec != video_codec_of(info.layout.fourcc)) {
    return Error::of(std::errc::invalid_argument,
                     "decode the frames of " + client_.path() + ": they are " +
                         info.layout.fourcc.to_string() + ", which --codec is not: leave it out");
  }
  VSL_CHECK(decoder_.take(lease, info, after_gap));
  site_ = Site::socket;
  return {};
}

void Receiver::keep(Lease lease) {
  if (!lease.valid()) {
    if (!options_.verify) ++kept_taken_back_;  // the verifier has counted it
    return;
  }
  held_.push_back(std::move(lease));
  if (held_.size() > options_.hold) let_oldest_go();
}

void Receiver::let_oldest_go() {
  if (!held_.front().valid()) ++kept_taken_back_;
  held_.pop_front();
}

// No frame came in time: it may be us who hold every buffer. Whether to wait once more.
bool Receiver::last_chance() {
  if (held_.empty()) return false;
  log_warn("no frame came while " + std::to_string(held_.size()) +
           " were kept: they are let go, in case the host has no other buffers");
  while (!held_.empty()) let_oldest_go();
  return true;
}

Result<void> Receiver::finish() {
  for (const Lease& lease : held_) {
    if (!lease.valid()) ++kept_taken_back_;
  }
  const Result<void> decoded = decoder_.finish();
  if (!decoded) site_ = Site::codec;
  reporter_.finish();
  return decoded;
}

std::string Receiver::decoded_text() const {
  if (!options_.decode) return "";
  const std::uint64_t waited = decoder_.waited();
  return ", decoded " + std::to_string(decoder_.pictures()) + " pictures of them, " +
         std::to_string(decoder_.damaged()) + " damaged" +
         (waited == 0 ? ""
                      : ", " + std::to_string(waited) + " frames came before the first key frame");
}

std::uint64_t Receiver::losses_before(std::uint64_t serial) {
  const std::uint64_t gap = gaps_.next(serial);
  if (options_.policy.order == Policy::Order::in_order && options_.policy.every == 1) return gap;
  // What else is missing was passed over on purpose.
  const ClientStats stats = client_.stats();
  const std::uint64_t lost = stats.lapped + stats.gone + stats.unknown_buffer;
  return lost - std::exchange(lost_in_all_, lost);
}

bool Receiver::count_losses(std::uint64_t serial) {
  const std::uint64_t missing = losses_before(serial);
  reporter_.add_drops(missing);
  if (gaps_.restarted()) log_warn("serials start again: the host was restarted");
  const bool newest_only =
      options_.policy.order == Policy::Order::newest && options_.policy.every == 1;
  if (newest_only) return missing > 0;  // who wants the newest frame misses others all the time
  missed_ += missing;
  // A slow reader misses frames all the time: said now and then, the count is in the metrics.
  constexpr std::int64_t kQuietNs = 1'000'000'000;
  const std::int64_t now_ns = monotonic_ns();
  if (missing == 0 || now_ns < next_warning_ns_) return missing > 0;
  next_warning_ns_ = now_ns + kQuietNs;
  const std::string text =
      std::to_string(missed_) + " frames missed before frame " + std::to_string(serial);
  missed_ = 0;
  if (options_.slow_ms > 0) {
    log_debug(text);
  } else {
    log_warn(text);
  }
  return true;
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
  if (options_.decode) {
    record["decoded"] = decoder_.pictures();
    record["damaged"] = decoder_.damaged();
    record["before_key_frame"] = decoder_.waited();
  }
  record["taken_back"] = verdicts().taken_back + kept_taken_back_;
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
