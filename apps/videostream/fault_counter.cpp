// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "fault_counter.hpp"

#include <sys/resource.h>

#include <utility>

namespace vsl::command {
namespace {

std::uint64_t page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_minflt + usage.ru_majflt);
}

double ratio(std::uint64_t faults, std::uint64_t frames) {
  return frames == 0 ? 0.0 : static_cast<double>(faults) / static_cast<double>(frames);
}

}  // namespace

FaultCounter::FaultCounter() : interval_start_(page_faults()), last_(interval_start_) {}

void FaultCounter::frame_done() {
  last_ = page_faults();
  ++interval_frames_;
  if (++frames_ == kWarmUpFrames) steady_start_ = last_;
}

double FaultCounter::take_interval() {
  const std::uint64_t start = std::exchange(interval_start_, last_);
  return ratio(last_ - start, std::exchange(interval_frames_, 0));
}

double FaultCounter::steady() const { return ratio(last_ - steady_start_, steady_frames()); }

std::uint64_t FaultCounter::steady_frames() const {
  return frames_ > kWarmUpFrames ? frames_ - kWarmUpFrames : 0;
}

}  // namespace vsl::command
