// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "camera_source.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "metrics.hpp"
#include "stamp.hpp"

namespace vsl::command {
namespace {

constexpr std::chrono::milliseconds kMoment{100};
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kSilenceNs = 2 * kSecondNs;  // far longer than any exposure

}  // namespace

CameraSource::CameraSource(Camera camera, bool stamps)
    : camera_(std::move(camera)),
      stamps_(stamps),
      last_frame_ns_(monotonic_ns()),
      next_warning_ns_(last_frame_ns_ + kSilenceNs) {}

Result<std::unique_ptr<Source>> CameraSource::start(Camera camera, bool stamps) {
  VSL_CHECK(camera.start());
  return std::unique_ptr<Source>(new CameraSource(std::move(camera), stamps));
}

Result<std::optional<Frame>> CameraSource::next_frame(const StopSignal&) {
  auto frame = camera_.capture(kMoment);  // a signal ends it
  if (!frame && frame.error().code == std::errc::interrupted) return std::optional<Frame>();
  if (!frame) return frame;
  if (!*frame) {
    watch_silence();
    return frame;
  }
  last_frame_ns_ = monotonic_ns();
  next_warning_ns_ = last_frame_ns_ + kSilenceNs;
  if (stamps_) VSL_CHECK(stamp_frame(**frame, false));
  return frame;
}

// A camera that gives nothing may come back: a sensor reset, a cable, a signal that is missing.
void CameraSource::watch_silence() {
  const std::int64_t now_ns = monotonic_ns();
  if (now_ns < next_warning_ns_) return;
  const std::int64_t silence_ns = now_ns - last_frame_ns_;
  next_warning_ns_ = now_ns + silence_ns;   // less and less often
  if (camera_.stats().queued == 0) return;  // readers hold all: that is told elsewhere
  log_warn(camera_.device().path + " has given no frame for " +
           std::to_string(silence_ns / kSecondNs) + " seconds; waiting");
}

std::optional<FrameRate> CameraSource::rate() const {
  const FrameInterval& interval = camera_.format().interval;
  if (interval.numerator == 0 || interval.denominator == 0) return std::nullopt;
  return FrameRate{interval.denominator, interval.numerator};
}

SourceStats CameraSource::stats() const {
  const CameraStats stats = camera_.stats();
  // Where we copy, a picture without a buffer is lost with us; otherwise the driver skips it, and
  // its count tells.
  const bool copies = camera_.format().memory == CameraMemory::copy;
  const std::uint64_t lost = stats.driver_dropped + stats.damaged + (copies ? stats.starved : 0);
  return {.offered = stats.captured + lost,
          .lost = lost,
          .starved = stats.starved,
          .driver_dropped = stats.driver_dropped,
          .copies = stats.copies,
          .repeated_sequences = stats.repeated_sequences};
}

}  // namespace vsl::command
