// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "videostream/client.hpp"

namespace vsl::gst {

/// The leases that are with downstream. Outlives the source that took them. Thread-safe.
class Loans {
 public:
  /// A place to give to give_back().
  std::size_t take(std::int64_t now_ns);
  void give_back(std::size_t place, bool was_taken_back);
  std::uint32_t count() const;
  /// How long the oldest is out; 0 when none is.
  std::int64_t oldest_ns(std::int64_t now_ns) const;
  /// Frames whose host took them back while downstream had them.
  std::uint64_t taken_back() const;
  /// Waits until one comes back, at most so long.
  void wait_for_return(std::int64_t limit_ns);

 private:
  static constexpr std::size_t kMost = 64;
  mutable std::mutex mutex_;  ///< a leaf
  std::condition_variable returned_;
  std::array<std::int64_t, kMost + 1> taken_ns_{};  ///< 0 = free; the last is for who had no place
  std::uint32_t count_ = 0;
  std::uint64_t taken_back_ = 0;
};

/// A frame that downstream has: given back when its last memory goes.
class Loan {
 public:
  Loan(Lease lease, std::shared_ptr<Loans> loans, std::int64_t now_ns);
  ~Loan();
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  const FrameInfo& info() const noexcept { return info_; }
  /// It was captured or published when that cannot have been: info() has other times.
  bool times_mended() const noexcept { return times_mended_; }
  const Lease& lease() const noexcept { return lease_; }

 private:
  Lease lease_;
  bool times_mended_ = false;
  const FrameInfo info_;
  const std::shared_ptr<Loans> loans_;
  const std::size_t place_;
};

}  // namespace vsl::gst
