// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "run.hpp"

#include <utility>
#include <vector>

#include "collector.hpp"
#include "crew.hpp"
#include "floor.hpp"
#include "host_side.hpp"
#include "statistics.hpp"
#include "timing.hpp"

namespace vsl::bench {
namespace {

constexpr std::uint32_t kWarmupFrames = 8;     ///< of each phase: caches and cores settle
constexpr std::int64_t kSettleNs = 5'000'000;  ///< from "about to wait" to surely asleep
constexpr double kNsPerUs = 1000;
constexpr std::uint32_t kLeaseBatches = 40;
constexpr std::uint32_t kLeaseBatchFrames = 8;  ///< all of a batch stay live in a pool of 16

Collector empty_collector(const RunPlan& plan) {
  return Collector(plan.settings.clients, std::size_t{plan.pairs} * plan.phase_frames);
}

class Run {
 public:
  Run(const RunPlan& plan, ControlPage page, HostSide host)
      : plan_(plan),
        host_(std::move(host)),
        crew_(std::move(page), [this] { return host_.serve(); }),
        page_(crew_.page()),
        floor_(empty_collector(plan)),
        bus_(empty_collector(plan)) {}

  Result<RunFigures> execute(std::mt19937_64& random, const Progress& progress) {
    VSL_CHECK(crew_.start());
    VSL_CHECK(warm_up());
    for (std::uint32_t pair = 0; pair < plan_.pairs; ++pair) {
      if (!progress(static_cast<double>(pair) / plan_.pairs)) {
        return Error::of(std::errc::operation_canceled, "benchmark");
      }
      const bool floor_first = random() % 2 == 0;
      VSL_CHECK(measured_phase(floor_first ? PhaseKind::floor : PhaseKind::bus));
      VSL_CHECK(measured_phase(floor_first ? PhaseKind::bus : PhaseKind::floor));
    }
    RunFigures figures = evaluate();
    VSL_TRY(figures.lock_unlock_ns, lock_cost());
    VSL_TRY(figures.lease_release_ns, lease_cost());
    crew_.quit();
    return figures;
  }

 private:
  /// Once through both kinds, uncounted: buffers are sent and mapped, everything is faulted in.
  Result<void> warm_up() {
    VSL_CHECK(measured_phase(PhaseKind::floor));
    VSL_CHECK(measured_phase(PhaseKind::bus));
    floor_ = empty_collector(plan_);
    bus_ = empty_collector(plan_);
    before_ = counters();
    return {};
  }

  Result<void> measured_phase(PhaseKind kind) {
    const std::uint32_t frames = kWarmupFrames + plan_.phase_frames;
    const bool bus = kind == PhaseKind::bus;
    Collector& collector = bus ? bus_ : floor_;
    const std::uint64_t first = bus ? host_.next_serial() : next_floor_;
    crew_.begin(kind, kWarmupFrames, first, first + frames - 1);
    VSL_CHECK(crew_.all_ready());
    std::int64_t deadline_ns = now_ns() + kSettleNs;
    Usage before{};
    for (std::uint32_t i = 0; i < frames; ++i) {
      if (i == kWarmupFrames) before = usage_now();
      sleep_until(deadline_ns);
      VSL_TRY(const std::int64_t cost_ns, bus ? post_frame() : Result(post_floor()));
      if (i >= kWarmupFrames) collector.add_post(cost_ns);
      deadline_ns += 1'000'000'000 / plan_.settings.fps;
    }
    collector.add_host_usage(usage_since(before, plan_.phase_frames));
    VSL_CHECK(crew_.all_finished());
    collector.add_clients({page_->clients.data(), plan_.settings.clients}, plan_.phase_frames);
    return {};
  }

  std::int64_t post_floor() {
    if (std::byte* buffer = page_.floor_buffer(next_floor_)) {
      write_pages({buffer, page_->settings.frame_bytes}, static_cast<std::uint8_t>(next_floor_));
    }
    return floor_post(page_, next_floor_++);
  }

  Result<std::int64_t> post_frame() {
    VSL_TRY(Frame frame, host_.acquire());
    return host_.publish(page_, std::move(frame));
  }

  Result<double> lock_cost() {
    crew_.begin(PhaseKind::lock, 0, 0, 0);
    VSL_CHECK(crew_.all_finished());
    const PhaseResult& result = page_->clients[0];
    const auto first = result.latency_ns.begin();
    return percentile({first, first + result.samples}, 0.5);
  }

  Result<double> lease_cost() {
    std::vector<std::int64_t> samples;
    for (std::uint32_t batch = 0; batch <= kLeaseBatches; ++batch) {
      const std::uint64_t first = host_.next_serial();
      crew_.begin(PhaseKind::lease, 0, first, first + kLeaseBatchFrames - 1);
      VSL_CHECK(crew_.wait_for(page_->ready, 1));
      for (std::uint32_t i = 0; i < kLeaseBatchFrames; ++i) {
        VSL_TRY([[maybe_unused]] const std::int64_t cost_ns, post_frame());
      }
      page_->posted.store(host_.next_serial() - 1, std::memory_order_release);
      VSL_CHECK(crew_.all_finished());
      if (batch > 0) samples.push_back(page_->clients[0].latency_ns[0]);
    }
    return percentile(std::move(samples), 0.5);
  }

  /// What must not change in steady state.
  struct Counters {
    std::uint64_t fds_sent, fds_received, maps;
  };
  Counters counters() {
    Counters sum{host_.host().stats().fds_sent, 0, 0};
    for (std::uint32_t i = 0; i < plan_.settings.clients; ++i) {
      sum.fds_received += page_->clients[i].fds_received;
      sum.maps += page_->clients[i].maps;
    }
    return sum;
  }

  RunFigures evaluate();

  const RunPlan& plan_;
  HostSide host_;
  Crew crew_;  // destroyed first: nobody uses the host any more
  ControlPage& page_;
  Collector floor_, bus_;
  std::uint64_t next_floor_ = 1;
  Counters before_{};
};

double per_frame(double total, const Usage& usage) {
  return ratio(total, static_cast<double>(usage.frames));
}
double cpu_us(const Usage& usage) {
  return per_frame(static_cast<double>(usage.cpu_ns) / kNsPerUs, usage);
}
double faults(const Usage& usage) {
  return per_frame(static_cast<double>(usage.minor_faults), usage);
}
double allocations_of(const Usage& usage) {
  return per_frame(static_cast<double>(usage.allocations), usage);
}

RunFigures Run::evaluate() {
  RunFigures figures{};
  figures.bus_p50_us = percentile(bus_.all_latencies(), 0.5) / kNsPerUs;
  figures.bus_p99_us = percentile(bus_.all_latencies(), 0.99) / kNsPerUs;
  figures.floor_p50_us = percentile(floor_.all_latencies(), 0.5) / kNsPerUs;
  figures.floor_p99_us = percentile(floor_.all_latencies(), 0.99) / kNsPerUs;
  figures.ratio_p50 = ratio(figures.bus_p50_us, figures.floor_p50_us);
  figures.ratio_p99 = ratio(figures.bus_p99_us, figures.floor_p99_us);
  figures.slowest_client_p50_us = bus_.slowest_client_p50_ns() / kNsPerUs;
  figures.slowest_floor_p50_us = floor_.slowest_client_p50_ns() / kNsPerUs;
  figures.post_p50_us = bus_.post_p50_ns() / kNsPerUs;
  figures.wake_p50_us = floor_.post_p50_ns() / kNsPerUs;
  figures.post_ratio = ratio(figures.post_p50_us, figures.wake_p50_us);
  figures.host_cpu_us = cpu_us(bus_.host());
  figures.host_floor_cpu_us = cpu_us(floor_.host());
  figures.client_cpu_us = cpu_us(bus_.clients());
  figures.client_floor_cpu_us = cpu_us(floor_.clients());
  figures.host_faults_per_frame = faults(bus_.host());
  figures.client_faults_per_frame = faults(bus_.clients());
  figures.host_allocations_per_frame = allocations_of(bus_.host());
  figures.client_allocations_per_frame = allocations_of(bus_.clients());
  const Counters now = counters();
  figures.steady_fds_sent = static_cast<double>(now.fds_sent - before_.fds_sent);
  figures.steady_fds_received = static_cast<double>(now.fds_received - before_.fds_received);
  figures.steady_maps = static_cast<double>(now.maps - before_.maps);
  figures.delivered_share = bus_.delivered_share();
  figures.worst_delivered_share = bus_.worst_delivered_share();
  figures.starved_acquires = static_cast<double>(host_.starved());
  return figures;
}

}  // namespace

Result<RunFigures> execute_run(const RunPlan& plan, std::mt19937_64& random,
                               const Progress& progress) {
  if (plan.settings.pin) pin_to_core(0);
  VSL_TRY(ControlPage page, ControlPage::create(plan.settings));
  VSL_TRY(HostSide host, HostSide::open(plan.settings));
  return Run(plan, std::move(page), std::move(host)).execute(random, progress);
}

}  // namespace vsl::bench
