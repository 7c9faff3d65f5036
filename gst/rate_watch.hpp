// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cstdint>

namespace vsl::gst {

/// Decides when a stream's frame rate became another. Each frame says how long it is shown and caps
/// say a rate, but not of every frame: files have frames of any length, and each change of caps
/// costs an encoder behind us a key frame.
class RateWatch {
 public:
  /// Whether caps for frames of `known_ns` are to be made anew, for those of `now_ns`. Another
  /// producer is believed at once, the same one when it stays with it.
  bool is_stale(std::int64_t known_ns, std::int64_t now_ns, bool other_producer);

 private:
  std::int64_t candidate_ns_ = 0;
  int seen_ = 0;  ///< frames in a row of that length
};

}  // namespace vsl::gst
