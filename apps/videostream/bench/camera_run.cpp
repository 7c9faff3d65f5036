// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camera_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "../metrics.hpp"
#include "crew.hpp"
#include "host_side.hpp"
#include "timing.hpp"
#include "videostream/host.hpp"

namespace vsl::bench {
namespace {

// As many as there may be buffers: what gathered in the driver while clients came is gone by then.
constexpr std::uint32_t kSettlingFrames = 32;
constexpr std::int64_t kPatienceNs = 60'000'000'000;

Result<Host> open_host(const Settings& settings, const CameraFormat& format) {
  HostOptions options;
  options.lifespan = options.hold_limit = 2 * command::frame_period(format);  // as `stream` does
  options.service_thread = true;
  return Host::listen(settings.socket, options);
}

class CameraRun {
 public:
  CameraRun(Camera& camera, const Progress& progress, ControlPage page, Host host)
      : camera_(camera),
        progress_(progress),
        host_(std::move(host)),
        crew_(std::move(page), [this] { return serve(); }) {}

  Result<void> execute(std::uint32_t frames, CameraResult& result) {
    const std::uint32_t all = kSettlingFrames + frames;
    to_post_ns_.reserve(all);
    VSL_CHECK(crew_.start());
    crew_.begin(PhaseKind::bus, kSettlingFrames, 1, all);
    VSL_CHECK(crew_.all_ready());
    VSL_CHECK(camera_.start());
    while (to_post_ns_.size() < all) VSL_CHECK(publish_one(all));
    VSL_CHECK(crew_.all_finished());
    add_to(result);
    crew_.quit();
    return camera_.stop();
  }

 private:
  /// The host's thread serves; all that is left to do is to wait.
  Result<void> serve() {
    sleep_until(now_ns() + 1'000'000);
    return progress_(0) ? Result<void>() : canceled();
  }

  static Error canceled() { return Error::of(std::errc::operation_canceled, "benchmark"); }

  Result<Frame> next_frame() {
    const std::int64_t give_up_ns = now_ns() + kPatienceNs;
    while (now_ns() < give_up_ns) {
      auto frame = camera_.capture(std::chrono::milliseconds(100));
      const bool interrupted = !frame && frame.error().code == std::errc::interrupted;
      if (!frame && !interrupted) return std::move(frame).error();
      if (frame && *frame) return std::move(**frame);
      if (interrupted && !progress_(0)) return canceled();
    }
    return Error::of(std::errc::timed_out, "wait for a picture of " + camera_.device().path);
  }

  Result<void> publish_one(std::uint32_t all) {
    VSL_TRY(Frame frame, next_frame());
    const std::size_t number = to_post_ns_.size() + 1;
    const std::int64_t age_ns = command::age_ns(frame.info());
    // Relaxed: publishing orders it before everything a client does with the frame.
    crew_.page()->stamps_ns[number % kStamps].store(now_ns() - age_ns, std::memory_order_relaxed);
    to_post_ns_.push_back(age_ns);
    VSL_TRY(const std::uint64_t serial, host_.publish(std::move(frame)));
    if (serial != number) return Error::of(std::errc::protocol_error, "count published frames");
    return progress_(static_cast<double>(number) / all) ? Result<void>() : canceled();
  }

  void add_to(CameraResult& result) {
    const auto counted = to_post_ns_.begin() + kSettlingFrames;
    result.spans.to_post.insert(result.spans.to_post.end(), counted, to_post_ns_.end());
    result.published += to_post_ns_.size() - kSettlingFrames;
    for (std::uint32_t i = 0; i < crew_.page()->settings.clients; ++i) {
      const PhaseResult& client = crew_.page()->clients[i];
      result.received += client.samples;
      for (std::uint32_t sample = 0; sample < client.samples; ++sample) {
        const std::int64_t latency_ns = client.latency_ns[sample];
        result.spans.to_consumer.push_back(latency_ns);
        result.spans.on_the_bus.push_back(latency_ns - to_post_ns_[client.numbers[sample] - 1]);
      }
    }
  }

  Camera& camera_;
  const Progress& progress_;
  Host host_;
  Crew crew_;                             // destroyed first: nobody uses the host any more
  std::vector<std::int64_t> to_post_ns_;  // by serial, from 1
};

Result<void> run_with_camera(Camera& camera, const Settings& settings, std::uint32_t frames,
                             CameraResult& result, const Progress& progress) {
  VSL_TRY(ControlPage page, ControlPage::create(settings));
  VSL_TRY(Host host, open_host(settings, camera.format()));
  const CameraStats before = camera.stats();
  VSL_CHECK(CameraRun(camera, progress, std::move(page), std::move(host)).execute(frames, result));
  const CameraStats after = camera.stats();
  result.stats.driver_dropped += after.driver_dropped - before.driver_dropped;
  result.stats.repeated_sequences += after.repeated_sequences - before.repeated_sequences;
  result.stats.damaged += after.damaged - before.damaged;
  result.stats.starved += after.starved - before.starved;
  result.stats.copies += after.copies - before.copies;
  return {};
}

std::uint32_t frames_of_run(const CameraPlan& plan, const CameraFormat& format) {
  const double period_s = std::chrono::duration<double>(command::frame_period(format)).count();
  const double frames = plan.frames != 0 ? plan.frames : plan.seconds / period_s;
  return static_cast<std::uint32_t>(std::clamp(frames, 1.0, double{kMaxPhaseFrames}));
}

}  // namespace

Result<CameraReport> measure_with_camera(const CameraPlan& plan, const Progress& progress) {
  VSL_TRY(Camera camera, command::open_camera(plan.camera));
  CameraReport report{camera.device().path, camera.format(), {}};
  const std::uint32_t frames = frames_of_run(plan, report.format);
  for (const std::uint32_t clients : plan.clients) {
    CameraResult result;
    result.clients = clients;
    for (std::uint32_t run = 0; run < plan.runs; ++run) {
      Settings settings = plan.settings;
      settings.clients = clients;
      std::snprintf(settings.socket, sizeof settings.socket, "%s", bench_socket().c_str());
      const auto done = run_with_camera(camera, settings, frames, result, progress);
      if (!done && done.error().code == std::errc::operation_canceled) return report;
      if (!done) return done.error();
    }
    report.results.push_back(std::move(result));
  }
  return report;
}

}  // namespace vsl::bench
