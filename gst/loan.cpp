// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "loan.hpp"

#include <algorithm>

#include "formats.hpp"

namespace vsl::gst {

std::size_t Loans::take(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  const auto free = std::find(taken_ns_.begin(), taken_ns_.end() - 1, 0);
  *free = now_ns;
  ++count_;
  return static_cast<std::size_t>(free - taken_ns_.begin());
}

void Loans::give_back(std::size_t place, bool was_taken_back) {
  const std::lock_guard lock(mutex_);
  taken_back_ += was_taken_back ? 1 : 0;
  taken_ns_[place] = 0;
  --count_;
  returned_.notify_all();
}

std::uint64_t Loans::taken_back() const {
  const std::lock_guard lock(mutex_);
  return taken_back_;
}

std::uint32_t Loans::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

std::int64_t Loans::oldest_ns(std::int64_t now_ns) const {
  const std::lock_guard lock(mutex_);
  std::int64_t oldest = now_ns;
  for (const std::int64_t taken : taken_ns_) {
    if (taken != 0) oldest = std::min(oldest, taken);
  }
  return now_ns - oldest;
}

void Loans::wait_for_return(std::int64_t limit_ns) {
  std::unique_lock lock(mutex_);
  returned_.wait_for(lock, std::chrono::nanoseconds(limit_ns));
}

namespace {

/// A frame's info with times that can be: a host may say anything, and GStreamer asserts. `mended`:
/// it was published or captured when that cannot have been.
FrameInfo believable(FrameInfo info, std::int64_t now_ns, bool& mended) {
  constexpr std::int64_t kLongestNs = 86'400'000'000'000;  // of one picture: a day
  constexpr std::int64_t kLastNs = INT64_MAX / 4;  // sums and differences of two are numbers
  const auto clear_unless = [](std::int64_t& time_ns, bool good, std::int64_t none) {
    if (!good) time_ns = none;
  };
  FrameTimes& times = info.times;
  // Nothing is published after it came, nor captured after it was published: such a stamp is of
  // another clock (CLOCK_REALTIME, another time namespace), and a reader would wait for it.
  const FrameTimes said = times;
  times.published_ns = std::clamp<std::int64_t>(times.published_ns, 0, now_ns);
  const bool our_clock = (info.clocks & 1U) == 0;
  // But a coded picture may be decoded before the ones that are shown before it.
  constexpr std::int64_t kAheadNs = 1'000'000'000;
  const std::int64_t latest_ns = times.published_ns + (is_coded(info.layout.fourcc) ? kAheadNs : 0);
  const std::int64_t last_ns = our_clock ? latest_ns : kLastNs;
  times.captured_ns = std::clamp<std::int64_t>(times.captured_ns, 0, last_ns);
  mended = said.published_ns != times.published_ns || said.captured_ns != times.captured_ns;
  clear_unless(times.duration_ns, times.duration_ns > 0 && times.duration_ns <= kLongestNs, -1);
  clear_unless(times.pts_ns, times.pts_ns >= 0 && times.pts_ns <= kLastNs, -1);
  clear_unless(times.dts_ns, times.dts_ns >= 0 && times.dts_ns <= kLastNs, -1);
  return info;
}

}  // namespace

Loan::Loan(Lease lease, std::shared_ptr<Loans> loans, std::int64_t now_ns)
    : lease_(std::move(lease)),
      info_(believable(lease_.info(), now_ns, times_mended_)),
      loans_(std::move(loans)),
      place_(loans_->take(now_ns)) {}

Loan::~Loan() {
  const bool was_taken_back = !lease_.valid();
  lease_.release();  // first: who waits for the return may want the lease
  loans_->give_back(place_, was_taken_back);
}

}  // namespace vsl::gst
