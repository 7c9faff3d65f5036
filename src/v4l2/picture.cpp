// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/picture.hpp"

#include <algorithm>

namespace vsl::v4l2 {

std::uint64_t SequenceTracker::next(std::uint32_t sequence) noexcept {
  constexpr std::uint32_t kHalf = 1U << 31;
  const std::uint32_t step = sequence - last_;
  missed_ = 0;
  repeated_ = started_ && step == 0;
  if (!started_ || step >= kHalf) {
    count_ = sequence;
  } else {
    count_ += step;
    // No step at all: the other field of the same picture, or a driver that does not count.
    missed_ = step > 0 ? step - 1 : 0;
  }
  started_ = true;
  last_ = sequence;
  return count_;
}

Stamp stamp_of(const Dequeued& picture, std::int64_t monotonic_ns, std::int64_t realtime_ns) {
  constexpr std::int64_t kHourNs = 3'600'000'000'000;
  const auto near = [&](std::int64_t now_ns) {
    return picture.stamp_ns > now_ns - kHourNs && picture.stamp_ns < now_ns + kHourNs;
  };
  if (picture.stamp_ns <= 0) return {};
  const std::uint32_t clock = picture.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK;
  if (clock == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) return {picture.stamp_ns, false};
  if (near(realtime_ns)) return {picture.stamp_ns, true};
  if (near(monotonic_ns)) return {picture.stamp_ns, false};
  return {};
}

std::optional<Layout> layout_of_picture(const Agreement& agreed, const Dequeued& picture) {
  if ((picture.flags & V4L2_BUF_FLAG_ERROR) != 0) return std::nullopt;
  const Layout& whole = agreed.layout;
  Layout layout = whole;
  for (std::uint32_t i = 0; i < whole.buffer_count; ++i) {
    if (picture.bytes_used[i] <= picture.data_offset[i]) return std::nullopt;
    if (!agreed.coded) continue;
    if (picture.bytes_used[i] > whole.buffer_bytes[i]) return std::nullopt;
    layout.buffer_bytes[i] = picture.bytes_used[i];
  }
  for (std::uint32_t i = 0; i < whole.plane_count; ++i) {
    PlaneLayout& plane = layout.planes[i];
    const std::uint32_t data_offset = picture.data_offset[plane.buffer];
    const std::uint64_t end = data_offset + plane.offset_bytes + whole.plane_bytes(i);
    const std::uint64_t there =
        std::min<std::uint64_t>(picture.bytes_used[plane.buffer], whole.buffer_bytes[plane.buffer]);
    if (!agreed.coded && end > there) return std::nullopt;
    plane.offset_bytes += data_offset;
  }
  return layout;
}

JoinedBuffers join_buffers(const Layout& largest) {
  constexpr std::uint64_t kAlignBytes = 64;
  JoinedBuffers joined;
  for (std::uint32_t i = 0; i < largest.buffer_count; ++i) {
    joined.starts[i] = joined.bytes;
    joined.bytes += (largest.buffer_bytes[i] + kAlignBytes - 1) / kAlignBytes * kAlignBytes;
  }
  return joined;
}

Layout in_one_buffer(const Layout& picture, const JoinedBuffers& joined) {
  Layout layout = picture;
  const std::uint32_t last = picture.buffer_count - 1;
  layout.buffer_count = 1;
  layout.buffer_bytes = {joined.starts[last] + picture.buffer_bytes[last]};
  for (std::uint32_t i = 0; i < picture.plane_count; ++i) {
    layout.planes[i].offset_bytes += joined.starts[picture.planes[i].buffer];
    layout.planes[i].buffer = 0;
  }
  return layout;
}

}  // namespace vsl::v4l2
