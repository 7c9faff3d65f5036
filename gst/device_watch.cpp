// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "device_watch.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>

namespace vsl::gst {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(500);  // nothing tells of a new host

bool has(const std::vector<RunningHost>& hosts, const RunningHost& wanted) {
  return std::any_of(hosts.begin(), hosts.end(), [&](const RunningHost& host) {
    return host.path == wanted.path && host.epoch == wanted.epoch;
  });
}

}  // namespace

Result<void> DeviceWatch::start(Told told) {
  stop();
  told_ = std::move(told);
  stopping_ = false;
  VSL_TRY(auto now, list_hosts());
  compare(std::move(now));
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return Error{error.code(), "start a thread that looks for hosts"};
  }
  return {};
}

void DeviceWatch::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  known_.clear();
}

void DeviceWatch::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, kLookEvery, [&] { return stopping_; })) return;
    }
    auto now = list_hosts();
    if (now) compare(std::move(*now));  // a look that failed is repeated
  }
}

void DeviceWatch::compare(std::vector<RunningHost> now) {
  std::swap(now, known_);
  for (const RunningHost& host : now) {
    if (!has(known_, host)) told_(Change::vanished, host);
  }
  for (const RunningHost& host : known_) {
    if (!has(now, host)) told_(Change::appeared, host);
  }
}

}  // namespace vsl::gst
