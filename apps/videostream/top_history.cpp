// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "top_history.hpp"

#include <algorithm>
#include <utility>

#include "metrics.hpp"

namespace vsl::command {
namespace {

double per_second(std::uint64_t count, std::int64_t from_ns, std::int64_t to_ns) {
  return static_cast<double>(count) * 1e9 / static_cast<double>(elapsed_ns(from_ns, to_ns));
}

// The same connection: pids come back, the time of a connect does not.
const ClientSnapshot* find(const HostSnapshot& host, const ClientSnapshot& client) {
  const auto found =
      std::find_if(host.clients.begin(), host.clients.end(), [&](const ClientSnapshot& one) {
        return one.pid == client.pid && one.since_ns == client.since_ns && one.name == client.name;
      });
  return found == host.clients.end() ? nullptr : &*found;
}

// Counts are the client's own and may be any numbers: what went down has begun anew.
Histogram difference(const Histogram& before, const Histogram& after) {
  Histogram result = after;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (after[i] >= before[i]) result[i] -= before[i];
  }
  return result;
}

}  // namespace

double fps_between(const HostSnapshot& before, std::int64_t before_ns, const HostSnapshot& after,
                   std::int64_t after_ns) {
  if (after_ns <= before_ns || after.posted < before.posted) return 0;
  return per_second(after.posted - before.posted, before_ns, after_ns);
}

TopView TopHistory::add(HostSnapshot host, std::int64_t now_ns) {
  // The look before stays, however long ago: looks may be further apart than kRecentNs.
  while (looks_.size() > 1 && elapsed_ns(looks_.front().at_ns, now_ns) > kRecentNs) {
    looks_.pop_front();
  }
  TopView view;
  view.now_ns = now_ns;
  const Look* last = looks_.empty() ? nullptr : &looks_.back();
  view.fps = last != nullptr ? fps_between(last->host, last->at_ns, host, now_ns)
                             : fps_between({}, host.started_ns, host, now_ns);
  for (const ClientSnapshot& client : host.clients) {
    ClientRecent recent{{}, client.wake_latency, client.hold_time};
    const ClientSnapshot* before = last != nullptr ? find(last->host, client) : nullptr;
    if (before != nullptr && now_ns > last->at_ns && client.delivered >= before->delivered) {
      recent.fps = per_second(client.delivered - before->delivered, last->at_ns, now_ns);
    }
    for (const Look& look : looks_) {
      const ClientSnapshot* oldest = find(look.host, client);
      if (oldest == nullptr) continue;
      recent.wake_latency = difference(oldest->wake_latency, client.wake_latency);
      recent.hold_time = difference(oldest->hold_time, client.hold_time);
      break;
    }
    view.recent.push_back(recent);
  }
  looks_.push_back({now_ns, host});
  view.host = std::move(host);
  return view;
}

}  // namespace vsl::command
