// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "copier.hpp"
#include "formats.hpp"
#include "held_buffers.hpp"
#include "sink_settings.hpp"
#include "videostream/host.hpp"

namespace vsl::gst {

/// Each number by itself; written by the streaming thread, read by anyone.
struct SinkCounters {
  std::atomic<std::uint64_t> posted{0}, zero_copy{0}, copied{0}, copied_bytes{0}, dropped{0};
  std::atomic<std::int64_t> latency_ns{0};  ///< capture to post, of the last frame that has both
};

/// What beside its memory a buffer gives its frame.
struct BufferTimes {
  std::int64_t captured_ns = 0;
  std::int64_t pts_ns = -1, dts_ns = -1;  ///< running times: those of a buffer have any origin
  Rotation rotation = Rotation::none;
};

/// Makes frames of GstBuffers and hands them to the host. Belongs to the streaming thread.
class Publisher {
 public:
  explicit Publisher(SinkCounters& counters) : counters_(counters) {}

  void configure(const SinkSettings& settings);
  void set_format(StreamFormat format) { format_ = std::move(format); }
  const StreamFormat& format() const noexcept { return format_; }
  /// A frame that no memory is left for is dropped and counted: that is no error.
  Result<void> publish(Host& host, GstBuffer* buffer, const BufferTimes& times,
                       std::chrono::nanoseconds lifespan);
  /// Lets go of memory and of pools.
  void reset();
  /// Whether upstream's pool has too few buffers for frames to live as long as they should; said
  /// once a pool.
  bool take_small_pool_warning() { return std::exchange(warn_small_pool_, false); }

 private:
  Result<std::optional<Frame>> frame_of(GstBuffer* buffer);
  Result<std::optional<Frame>> shared_frame(GstBuffer* buffer, const struct SharedPicture& picture);
  void describe(GstBuffer* buffer, const BufferTimes& times, Frame& frame) const;
  std::shared_ptr<HeldBuffers> owner_for(GstBufferPool* pool);

  SinkCounters& counters_;
  SinkSettings settings_;
  StreamFormat format_;
  Copier copier_;
  Ref<GstBufferPool> known_pool_;  ///< of others, whose limit is known
  std::shared_ptr<HeldBuffers> known_owner_;
  bool warn_small_pool_ = false;
};

}  // namespace vsl::gst
