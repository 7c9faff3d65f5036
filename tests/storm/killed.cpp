// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <poll.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "picture.hpp"
#include "stage.hpp"
#include "videostream/host.hpp"
#include "videostream/pool.hpp"

/// How long is what a killed client held not to be had?
namespace vsl::storm {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kHeld = 5;

/// A producer in this process, so that nothing stands between an event and its time.
class Producer {
 public:
  Result<void> open(const Settings& settings) {
    VSL_TRY(pool_, Pool::create({.format = fourcc("YUYV"),
                                 .width_px = settings.width_px,
                                 .height_px = settings.height_px,
                                 .buffers = settings.buffers,
                                 .memory = {.source = MemorySource::memfd}}));
    VSL_TRY(host_, Host::listen(settings.socket,
                                {.hold_limit = 1h, .max_leases = kHeld, .socket_mode = 0666}));
    return {};
  }
  /// Posts every few milliseconds until the condition holds; false when it does not.
  template <class Condition>
  bool post_until(const Condition& condition) {
    const std::int64_t give_up_ns = monotonic_ns() + kPatienceNs;
    while (!condition()) {
      if (monotonic_ns() > give_up_ns || interrupted()) return false;
      auto frame = pool_->acquire();
      if (frame) {
        draw(frame->plane(0), 1, serial_ + 1);
        const auto serial = host_->publish(std::move(*frame));
        if (serial) serial_ = *serial;
      }
      (void)host_->wait(5ms).has_value();
    }
    return true;
  }
  /// Only looks after clients, as between two frames, until so few frames are left.
  std::int64_t wait_until_live(std::uint64_t most) {
    const std::int64_t give_up_ns = monotonic_ns() + kPatienceNs;
    while (host_->stats().live > most && monotonic_ns() < give_up_ns) {
      (void)host_->wait(10ms).has_value();
    }
    return monotonic_ns();
  }
  std::uint64_t live() const { return host_->stats().live; }

 private:
  std::optional<Host> host_;
  std::optional<Pool> pool_;
  std::uint64_t serial_ = 0;
};

/// When the process was gone, with its sockets.
class EndWatch {
 public:
  explicit EndWatch(pid_t pid)
      : pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))), thread_([this] {
          pollfd ended{pidfd_.get(), POLLIN, 0};
          ::poll(&ended, 1, -1);
          at_ns_ = monotonic_ns();
        }) {}
  std::int64_t at_ns() {
    if (thread_.joinable()) thread_.join();
    return at_ns_;
  }

 private:
  UniqueFd pidfd_;
  std::int64_t at_ns_ = 0;
  std::thread thread_;
};

}  // namespace

Result<void> run_killed(Stage& stage) {
  Producer producer;
  VSL_CHECK(producer.open(stage.board->settings));
  stage.board->life.store(1, kRelaxed);
  const std::uint32_t slot = stage.options.hoarder();
  ClientScore& hoarder = stage.board->clients[slot];
  Histogram from_kill{}, from_end{};
  const std::int64_t end_ns =
      monotonic_ns() + static_cast<std::int64_t>(stage.options.seconds * 1e9);
  while (monotonic_ns() < end_ns && !interrupted()) {
    hoarder.held.store(0, kRelaxed);
    VSL_CHECK(stage.crew.start(slot, Role::hoarder));
    if (!producer.post_until([&] { return hoarder.held.load(kRelaxed) == kHeld; })) break;
    // Until all that it holds is retired, and waits for it alone.
    std::uint32_t rounds = stage.board->settings.buffers;
    (void)producer.post_until([&] { return rounds-- == 0; });
    const std::uint64_t live = producer.live();
    EndWatch watch(stage.crew.pid(slot));
    const std::int64_t killed_ns = monotonic_ns();
    stage.crew.kill(slot, SIGKILL);
    const std::int64_t back_ns = producer.wait_until_live(live - kHeld);
    const std::int64_t gone_ns = watch.at_ns();
    if (producer.live() > live - kHeld) {
      stage.report.violations.push_back("frames of a killed client did not come back");
    }
    from_kill.add(back_ns - killed_ns);
    from_end.add(std::max<std::int64_t>(back_ns - gone_ns, 0));
    (void)stage.until([&] { return !stage.crew.alive(slot); });
  }
  const auto ms = [](std::int64_t ns) { return static_cast<double>(ns) / 1e6; };
  char text[400];
  std::snprintf(text, sizeof text,
                "killed: %llu clients with %u frames each; all back after SIGKILL in p50 %.2f ms, "
                "p99 %.2f, longest %.2f; after the end of the process in p99 %.2f, longest %.2f\n",
                static_cast<unsigned long long>(from_kill.count()), kHeld,
                ms(from_kill.percentile_ns(0.5)), ms(from_kill.percentile_ns(0.99)),
                ms(from_kill.longest_ns()), ms(from_end.percentile_ns(0.99)),
                ms(from_end.longest_ns()));
  stage.report.text = text;
  stage.report.json["figures"] = {{"kills", from_kill.count()},
                                  {"after_kill_p50_ms", ms(from_kill.percentile_ns(0.5))},
                                  {"after_kill_p99_ms", ms(from_kill.percentile_ns(0.99))},
                                  {"after_kill_longest_ms", ms(from_kill.longest_ns())},
                                  {"after_end_p99_ms", ms(from_end.percentile_ns(0.99))},
                                  {"after_end_longest_ms", ms(from_end.longest_ns())}};
  constexpr std::int64_t kAllowedNs = 10'000'000;
  if (stage.options.strict_times && from_end.percentile_ns(0.99) > kAllowedNs) {
    stage.report.violations.emplace_back("frames of killed clients came back too late");
  }
  return {};
}

}  // namespace vsl::storm
