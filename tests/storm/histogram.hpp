// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace vsl::storm {

/// Durations counted in 32 buckets per power of two, so read back within 3 %. Lies in shared
/// memory: one process adds, any may read.
class Histogram {
 public:
  void add(std::int64_t ns) noexcept {
    auto& count = counts_[bucket(static_cast<std::uint64_t>(ns > 0 ? ns : 0))];
    count.store(count.load(kRelaxed) + 1, kRelaxed);
    if (ns > longest_ns_.load(kRelaxed)) longest_ns_.store(ns, kRelaxed);
  }
  void add(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i) {
      counts_[i].store(counts_[i].load(kRelaxed) + other.counts_[i].load(kRelaxed), kRelaxed);
    }
    const std::int64_t longest = other.longest_ns_.load(kRelaxed);
    if (longest > longest_ns_.load(kRelaxed)) longest_ns_.store(longest, kRelaxed);
  }
  std::uint64_t count() const noexcept {
    std::uint64_t all = 0;
    for (const auto& count : counts_) all += count.load(kRelaxed);
    return all;
  }
  std::int64_t longest_ns() const noexcept { return longest_ns_.load(kRelaxed); }
  /// The duration that `share` (0 … 1) of all do not exceed; 0 when there is none.
  std::int64_t percentile_ns(double share) const noexcept {
    const std::uint64_t all = count();
    if (all == 0) return 0;
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(all - 1));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i].load(kRelaxed);
      if (seen > rank) return middle(i);
    }
    return longest_ns();
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;  // figures, each by itself
  static constexpr unsigned kFineBits = 5;
  static constexpr std::size_t kBuckets = 38U << kFineBits;  // the last begins above 1000 s

  static std::size_t bucket(std::uint64_t ns) noexcept {
    if (ns < 1U << kFineBits) return ns;
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - kFineBits;
    const std::size_t index = (std::size_t{shift} << kFineBits) + (ns >> shift);
    return index < kBuckets ? index : kBuckets - 1;
  }
  static std::int64_t middle(std::size_t index) noexcept {
    if (index < 2U << kFineBits) return static_cast<std::int64_t>(index);
    const auto shift = static_cast<unsigned>(index >> kFineBits) - 1;
    const std::uint64_t fine = index - (std::size_t{shift} << kFineBits);
    return static_cast<std::int64_t>((fine << shift) + (std::uint64_t{1} << shift) / 2);
  }

  std::atomic<std::uint32_t> counts_[kBuckets];
  std::atomic<std::int64_t> longest_ns_;
};

}  // namespace vsl::storm
