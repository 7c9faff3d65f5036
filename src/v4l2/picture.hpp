// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>

#include "v4l2/capture_queue.hpp"

namespace vsl::v4l2 {

/// Follows the driver's 32-bit count of pictures: extends it to 64 bits and notices gaps.
class SequenceTracker {
 public:
  void restart() noexcept { started_ = false; }
  /// The count of this picture. A count that goes back is a driver that began anew.
  std::uint64_t next(std::uint32_t sequence) noexcept;
  /// Pictures missing before the last one.
  std::uint32_t missed() const noexcept { return missed_; }
  /// Whether the last one has the number of the one before: another picture nevertheless.
  bool repeated() const noexcept { return repeated_; }

 private:
  bool started_ = false, repeated_ = false;
  std::uint32_t last_ = 0, missed_ = 0;
  std::uint64_t count_ = 0;
};

/// When a picture was taken.
struct Stamp {
  std::int64_t ns = 0;  ///< 0 = not known
  bool realtime = false;
};

/// By the clock the driver says it used. One that says nothing is believed when its time is within
/// an hour of one of the two clocks.
Stamp stamp_of(const Dequeued& picture, std::int64_t monotonic_ns, std::int64_t realtime_ns);

/// Where this picture lies in its buffers; nothing when it is damaged: flagged by the driver,
/// empty, or cut short.
std::optional<Layout> layout_of_picture(const Agreement& agreed, const Dequeued& picture);

/// Where the buffers of a picture go when they are copied into one.
struct JoinedBuffers {
  std::array<std::uint64_t, kMaxPlanes> starts{};
  std::uint64_t bytes = 0;
};
JoinedBuffers join_buffers(const Layout& largest);
/// The layout of a picture whose buffers were joined so.
Layout in_one_buffer(const Layout& picture, const JoinedBuffers& joined);

}  // namespace vsl::v4l2
