// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "receiver.hpp"

#include <algorithm>
#include <system_error>

#include "sink_settings.hpp"
#include "time_map.hpp"

namespace vsl::gst {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kLastBackOffNs = 1000 * kMs;
constexpr std::int64_t kReturnTickNs = 20 * kMs;

void add(ClientStats& sum, const ClientStats& more) {
  sum.delivered += more.delivered;
  sum.skipped += more.skipped;
  sum.lapped += more.lapped;
  sum.gone += more.gone;
  sum.no_lease += more.no_lease;
  sum.unknown_buffer += more.unknown_buffer;
  sum.reconnects += more.reconnects;
  sum.fds_received += more.fds_received;
  sum.maps += more.maps;
  sum.refused += more.refused;
}

}  // namespace

bool may_come(const Error& error) {
  return error.code == std::errc::connection_refused ||
         error.code == std::errc::no_such_file_or_directory ||
         error.code == std::errc::connection_reset || error.code == std::errc::broken_pipe ||
         error.code == std::errc::resource_unavailable_try_again ||
         error.code == std::errc::too_many_files_open ||
         error.code == std::errc::no_buffer_space || error.code == std::errc::device_or_resource_busy;
}

void Receiver::start(SourceSettings settings, std::string name, Told told) {
  const std::lock_guard lock(mutex_);
  settings_ = std::move(settings);
  name_ = std::move(name);
  told_ = std::move(told);
  before_ = {};
  was_connected_ = false;
  back_off_ns_ = kFirstBackOffNs;
  epoch_ = serial_ = 0;
  duration_ns_ = -1;
}

void Receiver::stop() { set_client(nullptr); }

std::shared_ptr<Client> Receiver::client() const {
  const std::lock_guard lock(mutex_);
  return client_;
}

void Receiver::set_client(std::shared_ptr<Client> client) {
  max_leases_ = 0;
  const std::lock_guard lock(mutex_);
  if (client_ != nullptr) add(before_, client_->stats());
  client_ = std::move(client);
  if (client_ != nullptr && interrupted_) client_->cancel();
}

void Receiver::interrupt(bool on) {
  const std::lock_guard lock(mutex_);
  interrupted_ = on;
  wake_.notify_all();
  if (client_ == nullptr) return;
  on ? client_->cancel() : client_->resume();
}

ClientStats Receiver::stats() const {
  const std::lock_guard lock(mutex_);
  ClientStats stats = client_ != nullptr ? client_->stats() : ClientStats{};
  add(stats, before_);
  return stats;
}

bool Receiver::sleep(std::int64_t ns) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::nanoseconds(ns), [&] { return interrupted_; });
}

std::optional<Receiver::Next> Receiver::connect() {
  const bool for_ever = settings_.reconnect || settings_.connect_timeout_ms < 0;
  const std::int64_t deadline_ns =
      monotonic_ns() + std::min(settings_.connect_timeout_ms, INT64_MAX / 4 / kMs) * kMs;
  const auto options = client_options(settings_, name_);
  if (!options) return Next{Outcome::failed, nullptr, options.error()};
  for (;;) {
    auto connected = Client::connect(socket_name(settings_.path), *options);
    if (connected) {
      set_client(std::make_shared<Client>(std::move(*connected)));
      told_(was_connected_ ? Event::reconnected : Event::connected);
      was_connected_ = is_new_ = true;
      return {};
    }
    if (!may_come(connected.error()) || (!for_ever && monotonic_ns() >= deadline_ns)) {
      return Next{Outcome::failed, nullptr, std::move(connected).error()};
    }
    if (!back_off()) return Next{Outcome::flushing, nullptr, {}};
  }
}

bool Receiver::back_off() {
  const std::int64_t now_ns = std::exchange(back_off_ns_, std::min(2 * back_off_ns_, kLastBackOffNs));
  return sleep(now_ns);
}

Receiver::Next Receiver::after_loss(const Error& error) {
  const auto lost = client();
  const bool closed = lost->host_closed();
  set_client(nullptr);
  told_(Event::lost);
  return closed ? Next{Outcome::goodbye, nullptr, {}} : Next{Outcome::failed, nullptr, error};
}

/// What to return for a failed wait; nothing: go on.
std::optional<Receiver::Next> Receiver::after_failure(const Error& error) {
  if (error.code == std::errc::operation_canceled) return Next{Outcome::flushing, nullptr, {}};
  if (error.code == std::errc::interrupted) return {};
  if (error.code == std::errc::too_many_files_open) {  // downstream has them all
    loans_->wait_for_return(kReturnTickNs);
    return {};
  }
  Next ended = after_loss(error);
  if (!settings_.reconnect || !may_come(error)) return ended;
  if (!back_off()) return Next{Outcome::flushing, nullptr, {}};
  return {};
}

std::int64_t Receiver::silence_limit_ns() const {
  const auto limit_ns = static_cast<std::int64_t>(double{settings_.timeout_s} * 1e9);
  if (limit_ns <= 0) return -1;
  if (settings_.timeout_is_set || serial_ == 0) return limit_ns;
  // Nobody said when the next picture is due: one that stands still is no fault.
  if (duration_ns_ <= 0) return -1;
  constexpr std::int64_t kMissed = 3;
  return std::max(limit_ns, std::min(duration_ns_, INT64_MAX / kMissed) * kMissed);
}

Receiver::Next Receiver::next() {
  for (;;) {
    if (client() == nullptr) {
      if (auto end = connect()) return std::move(*end);
    }
    const auto connection = client();
    const std::int64_t since_ns = monotonic_ns();
    auto frame = connection->wait_frame(std::chrono::nanoseconds(silence_limit_ns()));
    if (!frame) {
      if (auto end = after_failure(frame.error())) return std::move(*end);
      continue;
    }
    if (!*frame) return {Outcome::silence, nullptr, {}};
    const bool is_first = std::exchange(is_new_, false);
    if (max_leases_ == 0) {
      const ClientStats stats = connection->stats();
      max_leases_ = stats.max_leases;
      if (stats.epoch != epoch_) serial_ = 0;
      epoch_ = stats.epoch;
    }
    if (epoch_ != 0 && (*frame)->serial() <= serial_) continue;  // we have had it
    serial_ = (*frame)->serial();
    duration_ns_ = (*frame)->info().times.duration_ns;
    back_off_ns_ = kFirstBackOffNs;
    const bool is_fresh = (*frame)->published_ns() >= since_ns;
    return {Outcome::frame, std::make_shared<Loan>(std::move(**frame), loans_, monotonic_ns()), {},
            is_first, is_fresh};
  }
}

}  // namespace vsl::gst
