// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

namespace vsl::gst_bench {

enum class Side { producer, consumer };

/// Looks at the buffers that pass the pad of the element at the transport: the producer's writes
/// the time into the pixels, the consumer's reads it there and touches every page of them.
class Meter {
 public:
  explicit Meter(Side side);

  /// For each buffer, on the streaming thread. `buffer` may be replaced by a writable one.
  void pass(GstBuffer*& buffer);
  /// What happened since the last call. Any thread.
  nlohmann::json end_phase();
  bool has_begun() const;

 private:
  void begin_locked(std::int64_t now_ns);

  const Side side_;
  mutable std::mutex mutex_;  ///< a leaf; guards what follows
  std::int64_t begin_ns_ = 0, begin_cpu_ns_ = 0, last_ns_ = 0, longest_gap_ns_ = 0;
  std::uint64_t frames_ = 0;
  bool has_begun_ = false;
  std::vector<std::int64_t> seen_ns_;     ///< from the sink's pad to the source's
  std::vector<std::int64_t> touched_ns_;  ///< … until the last page was touched
};

}  // namespace vsl::gst_bench
