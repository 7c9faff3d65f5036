// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "client_process.hpp"

#include <signal.h>
#include <sys/prctl.h>

#include <cstdio>
#include <memory>

#include "floor.hpp"
#include "lock_cost.hpp"
#include "receiver.hpp"
#include "syscalls.hpp"
#include "timing.hpp"

namespace vsl::bench {
namespace {

/// Collects the latencies of one phase, and what the process used meanwhile.
class PhaseRecorder {
 public:
  PhaseRecorder(const Phase& phase, PhaseResult& result) : phase_(phase), result_(result) {
    result_.samples = 0;
    result_.usage = {};
  }
  void record(std::uint64_t number, std::int64_t latency_ns) {
    if (number < phase_.first + phase_.warmup) return;
    if (result_.samples == 0) before_ = usage_now();
    if (result_.samples == kMaxPhaseFrames) return;
    result_.numbers[result_.samples] = number;
    result_.latency_ns[result_.samples++] = latency_ns;
  }
  ~PhaseRecorder() {
    if (result_.samples > 1) result_.usage = usage_since(before_, result_.samples - 1);
  }

 private:
  const Phase phase_;
  PhaseResult& result_;
  Usage before_{};
};

class ClientProcess {
 public:
  ClientProcess(const ControlPage& page, std::uint32_t index) : page_(page), index_(index) {}

  Result<void> run() {
    VSL_TRY(receiver_, open_receiver(page_->settings, index_));
    // The first look also takes what the host sends to a new client.
    VSL_TRY(const Arrival first, receiver_->receive());
    static_cast<void>(first);
    std::uint32_t phase = 0;
    announce(page_->ready);
    for (;;) {
      wait_while(page_->phase_number, phase);
      const std::uint32_t number = page_->phase_number.load(std::memory_order_acquire);
      if (number == phase) continue;
      phase = number;
      if (page_->phase.kind == PhaseKind::quit) return {};
      VSL_CHECK(run_phase(page_->phase));
      announce(page_->finished);
    }
  }

 private:
  Result<void> run_phase(const Phase& phase) {
    switch (phase.kind) {
      case PhaseKind::floor:
        return run_floor(phase);
      case PhaseKind::bus:
        return run_bus(phase);
      case PhaseKind::lock:
        return index_ == 0 ? measure_locks(page_) : Result<void>{};
      case PhaseKind::lease:
        return index_ == 0 ? leases_.measure(page_) : Result<void>{};
      case PhaseKind::quit:
        break;
    }
    return {};
  }

  Result<void> run_floor(const Phase& phase) {
    PhaseRecorder recorder(phase, page_->clients[index_]);
    std::uint64_t seen = phase.first - 1;
    announce(page_->ready);
    while (seen < phase.last) {
      const std::int64_t at_ns = floor_wait(page_, seen);
      recorder.record(seen, at_ns - page_->stamp_of(seen));
    }
    return {};
  }

  Result<void> run_bus(const Phase& phase) {
    PhaseResult& result = page_->clients[index_];
    {
      PhaseRecorder recorder(phase, result);
      announce(page_->ready);
      for (std::uint64_t serial = 0; serial < phase.last;) {
        VSL_TRY(const Arrival arrival, receiver_->receive());
        if (arrival.serial < phase.first) continue;  // nothing yet, or left from before
        serial = arrival.serial;
        recorder.record(serial, arrival.at_ns - page_->stamp_of(serial));
      }
    }
    result.fds_received = receiver_->fds_received();
    result.maps = receiver_->maps();
    return {};
  }

  void announce(std::atomic<std::uint32_t>& counter) {
    if (counter.fetch_add(1, std::memory_order_acq_rel) + 1 == page_->settings.clients) {
      wake_all(counter);
    }
  }

  const ControlPage& page_;
  std::uint32_t index_;
  std::unique_ptr<Receiver> receiver_;
  LeaseMeter leases_;
};

Result<void> play_role(const ControlPage& page, std::uint32_t index) {
  const Settings& settings = page->settings;
  if (settings.role == Role::traced_client) return run_traced_client(page);
  if (settings.role == Role::traced_host) return run_traced_host(page);
  if (settings.pin) pin_to_core(index + 1);
  return ClientProcess(page, index).run();
}

}  // namespace

Result<void> run_client(int fd, std::uint32_t index) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a benchmark that was killed leaves nobody behind
  ::signal(SIGINT, SIG_IGN);           // the parent decides when an interrupted run ends
  VSL_TRY(ControlPage page, ControlPage::attach(fd));
  if (index >= kMaxClients) return Error::of(std::errc::invalid_argument, "start a bench client");
  auto done = play_role(page, index);
  if (!done && !page->failed.exchange(true)) {
    // In the parent's words: dozens of clients would say the same otherwise.
    std::snprintf(page->failure, sizeof(page->failure), "%s", done.error().message().c_str());
  }
  return done;
}

}  // namespace vsl::bench
