// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "crew.hpp"

#include "timing.hpp"

namespace vsl::bench {

Result<void> Crew::start() {
  VSL_CHECK(processes_.start(page_.fd(), page_->settings.clients));
  return all_ready();
}

void Crew::begin(PhaseKind kind, std::uint32_t warmup, std::uint64_t first, std::uint64_t last) {
  page_->phase = {kind, warmup, first, last};
  page_->ready.store(0, std::memory_order_relaxed);
  page_->finished.store(0, std::memory_order_relaxed);
  page_->phase_number.fetch_add(1, std::memory_order_release);  // publishes the three above
  wake_all(page_->phase_number);
}

Result<void> Crew::wait_for(const std::atomic<std::uint32_t>& counter, std::uint32_t target) {
  constexpr std::int64_t kPatienceNs = 60'000'000'000;
  const std::int64_t give_up_ns = now_ns() + kPatienceNs;
  while (counter.load(std::memory_order_acquire) < target) {
    VSL_CHECK(serve_());
    VSL_CHECK(processes_.check_alive(page_));
    if (now_ns() > give_up_ns) {
      return Error::of(std::errc::timed_out, "benchmark: wait for its client processes");
    }
  }
  return {};
}

void Crew::quit() {
  begin(PhaseKind::quit, 0, 0, 0);
  processes_.join();
}

}  // namespace vsl::bench
