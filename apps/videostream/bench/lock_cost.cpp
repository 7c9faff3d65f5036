// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "lock_cost.hpp"

#include <chrono>

#include "c_client.hpp"
#include "timing.hpp"

namespace vsl::bench {
namespace {

constexpr std::uint32_t kBatches = 160;
constexpr std::uint32_t kPairsPerBatch = 64;

Result<std::int64_t> time_batch(VSLFrame* frame) {
  const std::int64_t before_ns = now_ns();
  for (std::uint32_t i = 0; i < kPairsPerBatch; ++i) {
    if (vsl_frame_trylock(frame) != 0) return Error::last("vsl_frame_trylock");
    if (vsl_frame_unlock(frame) != 0) return Error::last("vsl_frame_unlock");
  }
  return (now_ns() - before_ns) / kPairsPerBatch;
}

}  // namespace

Result<void> measure_locks(const ControlPage& page) {
  PhaseResult& result = page->clients[0];
  result.samples = 0;
  VSL_TRY(CClient client, CClient::connect(page->settings.socket));
  const CFrame frame = client.wait();
  if (!frame) return Error::last("vsl_frame_wait for a frame to lock");
  for (std::uint32_t batch = 0; batch < kBatches; ++batch) {
    VSL_TRY(result.latency_ns[batch], time_batch(frame.get()));
  }
  result.samples = kBatches;
  return {};
}

Result<void> LeaseMeter::measure(const ControlPage& page) {
  PhaseResult& result = page->clients[0];
  result.samples = 0;
  const Phase phase = page->phase;
  if (!client_) {
    ClientOptions options;
    options.policy = Policy::in_order();
    options.reconnect = false;
    VSL_TRY(client_, Client::connect(page->settings.socket, options));
  }
  page->ready.fetch_add(1, std::memory_order_acq_rel);
  while (page->posted.load(std::memory_order_acquire) < phase.last) {
    sleep_until(now_ns() + 50'000);
  }
  const std::int64_t before_ns = now_ns();
  std::uint32_t frames = 0;
  for (std::uint64_t serial = 0; serial < phase.last; ++frames) {
    VSL_TRY(const auto lease, client_->wait_frame(std::chrono::seconds(1)));
    if (!lease) return Error::of(std::errc::timed_out, "lease a frame that was published");
    serial = lease->serial();
  }
  result.latency_ns[0] = (now_ns() - before_ns) / frames;
  result.samples = 1;
  return {};
}

}  // namespace vsl::bench
