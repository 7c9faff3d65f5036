// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "loan.hpp"

#include <algorithm>

namespace vsl::gst {

std::size_t Loans::take(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  const auto free = std::find(taken_ns_.begin(), taken_ns_.end() - 1, 0);
  *free = now_ns;
  ++count_;
  return static_cast<std::size_t>(free - taken_ns_.begin());
}

void Loans::give_back(std::size_t place) {
  const std::lock_guard lock(mutex_);
  taken_ns_[place] = 0;
  --count_;
  returned_.notify_all();
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

Loan::Loan(Lease lease, std::shared_ptr<Loans> loans, std::int64_t now_ns)
    : lease_(std::move(lease)),
      info_(lease_.info()),
      loans_(std::move(loans)),
      place_(loans_->take(now_ns)) {}

Loan::~Loan() {
  lease_.release();  // first: who waits for the return may want the lease
  loans_->give_back(place_);
}

}  // namespace vsl::gst
