// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "painted_source.hpp"

#include <algorithm>

#include "metrics.hpp"
#include "stamp.hpp"

namespace vsl::command {

std::string PaintedSource::description() const {
  const Layout& layout = pool_.layout();
  return layout.fourcc.to_string() + " " + std::to_string(layout.width_px) + "x" +
         std::to_string(layout.height_px);
}

SourceStats PaintedSource::stats() const {
  return {.offered = sequence_,
          .lost = starved_,
          .starved = starved_,
          .copies = painted_ * painter_->copies_per_frame()};
}

Result<void> PaintedSource::make_ready() {
  if (!start_ns_) start_ns_ = monotonic_ns();
  VSL_TRY(const std::optional<std::int64_t> due_ns, painter_->next());
  ended_ = !due_ns;
  if (ended_) return {};
  ++sequence_;
  // After a long stop (a suspended laptop, SIGSTOP) we go on from now instead of racing.
  constexpr std::int64_t kHopelessNs = 1'000'000'000;
  const std::int64_t late_ns = monotonic_ns() - (*start_ns_ + *due_ns);
  if (late_ns > kHopelessNs) *start_ns_ += late_ns;
  due_ns_ = *start_ns_ + *due_ns;
  pts_ns_ = *due_ns;
  return {};
}

Result<std::optional<Frame>> PaintedSource::next_frame(const StopSignal& stop) {
  constexpr std::int64_t kMomentNs = 100'000'000;
  if (!due_ns_) VSL_CHECK(make_ready());
  if (ended_) return std::optional<Frame>();
  pacer_.sleep_until(std::min(*due_ns_, monotonic_ns() + kMomentNs), stop);
  if (stop.requested() || monotonic_ns() < *due_ns_) return std::optional<Frame>();
  due_ns_.reset();
  return paint();
}

Result<std::optional<Frame>> PaintedSource::paint() {
  const std::int64_t captured_ns = monotonic_ns();
  auto frame = pool_.acquire();
  if (!frame) {
    if (frame.error().code != std::errc::no_buffer_space) return std::move(frame).error();
    ++starved_;
    return std::optional<Frame>();
  }
  VSL_CHECK(painter_->fill(*frame));
  ++painted_;
  frame->info().source_sequence = sequence_;
  frame->info().times.captured_ns = captured_ns;
  frame->info().times.pts_ns = pts_ns_;
  if (const auto rate = painter_->rate()) frame->info().times.duration_ns = rate->due_ns(1);
  if (stamps_) VSL_CHECK(stamp_frame(*frame, painter_->stamps_pixels()));
  return std::optional(std::move(*frame));
}

}  // namespace vsl::command
