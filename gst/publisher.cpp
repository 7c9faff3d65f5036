// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "publisher.hpp"

#include <algorithm>

#include "caps_text.hpp"
#include "share_buffer.hpp"
#include "sink_pool.hpp"
#include "user_meta.hpp"

namespace vsl::gst {
namespace {

// Upstream fills one buffer and has another one under way.
constexpr guint kLeftToUpstream = 2;

guint buffers_of(GstBufferPool* pool) {
  GstStructure* config = gst_buffer_pool_get_config(pool);
  guint max = 0;
  gst_buffer_pool_config_get_params(config, nullptr, nullptr, nullptr, &max);
  gst_structure_free(config);
  return max;
}

std::int64_t time_of(GstClockTime time) {
  return GST_CLOCK_TIME_IS_VALID(time) ? static_cast<std::int64_t>(time) : -1;
}

std::int64_t duration_of(GstBuffer* buffer, const GstVideoInfo& video) {
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) return time_of(GST_BUFFER_DURATION(buffer));
  if (video.fps_n <= 0 || video.fps_d <= 0) return -1;
  return time_of(gst_util_uint64_scale_int(GST_SECOND, video.fps_d, video.fps_n));
}

}  // namespace

void Publisher::configure(const SinkSettings& settings) {
  settings_ = settings;
  copier_.configure(settings.pool_size, {.source = settings.memory, .access = settings.access});
}

void Publisher::reset() {
  copier_.reset();
  known_pool_.reset();
  known_owner_.reset();
}

std::shared_ptr<HeldBuffers> Publisher::owner_for(GstBufferPool* pool) {
  if (auto owner = owner_of(pool)) return owner;
  if (known_owner_ != nullptr && known_pool_.get() == pool) return known_owner_;
  known_pool_.reset(pool != nullptr ? GST_BUFFER_POOL(gst_object_ref(pool)) : nullptr);
  const guint buffers = pool != nullptr ? buffers_of(pool) : 0;
  guint limit = settings_.pool_size;
  if (buffers > 0) {
    limit = std::min(limit, buffers > kLeftToUpstream ? buffers - kLeftToUpstream : 1);
    const std::int64_t frame_ns = format_.video.fps_n > 0
                                      ? std::int64_t{1'000'000'000} * format_.video.fps_d /
                                            format_.video.fps_n
                                      : 0;
    warn_small_pool_ = frame_ns > 0 && lifespan_of(settings_).count() / frame_ns > limit;
  }
  known_owner_ = std::make_shared<HeldBuffers>(limit);
  return known_owner_;
}

Result<std::optional<Frame>> Publisher::shared_frame(GstBuffer* buffer,
                                                     const SharedPicture& picture) {
  const auto owner = owner_for(buffer->pool);
  if (!owner->make_room()) return std::optional<Frame>();
  FrameInfo info;
  info.layout = picture.layout;
  const std::uint64_t token = owner->hold(buffer);
  auto frame = Frame::wrap(info, {picture.buffers.data(), picture.layout.buffer_count}, owner, token);
  if (!frame) {
    owner->release_frame(token);
    return std::move(frame).error();
  }
  return std::optional<Frame>(std::move(*frame));
}

Result<std::optional<Frame>> Publisher::frame_of(GstBuffer* buffer) {
  if (const auto picture = share_buffer(buffer, format_)) {
    auto shared = shared_frame(buffer, *picture);
    // What the bus cannot describe it can still be given a copy of.
    if (shared) {
      if (*shared) counters_.zero_copy.fetch_add(1, std::memory_order_relaxed);
      return shared;
    }
  }
  VSL_TRY(auto frame, copier_.copy(buffer, format_));
  if (frame) {
    counters_.copied.fetch_add(1, std::memory_order_relaxed);
    counters_.copied_bytes.fetch_add(gst_buffer_get_size(buffer), std::memory_order_relaxed);
  }
  return frame;
}

void Publisher::describe(GstBuffer* buffer, const BufferTimes& times, Frame& frame) const {
  FrameInfo& info = frame.info();
  info.color = format_.frame.color;
  info.interlace = format_.frame.interlace;
  const auto flagged = [&](guint flag) { return GST_BUFFER_FLAG_IS_SET(buffer, flag) != FALSE; };
  const bool top_first = flagged(GST_VIDEO_BUFFER_FLAG_TFF);
  if (GST_VIDEO_INFO_INTERLACE_MODE(&format_.video) == GST_VIDEO_INTERLACE_MODE_MIXED) {
    info.interlace = !flagged(GST_VIDEO_BUFFER_FLAG_INTERLACED) ? 0 : top_first ? 1 : 2;
  } else if (info.interlace != 0 && top_first) {
    info.interlace = 1;
  }
  info.fields = static_cast<std::uint8_t>((flagged(GST_VIDEO_BUFFER_FLAG_RFF) ? 1 : 0) |
                                          (flagged(GST_VIDEO_BUFFER_FLAG_ONEFIELD) ? 2 : 0));
  info.rotation = times.rotation;
  info.key_frame = format_.coded && !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  info.times.captured_ns = times.captured_ns;
  info.times.pts_ns = times.pts_ns;
  info.times.dts_ns = times.dts_ns;
  info.times.duration_ns = duration_of(buffer, format_.video);
  if (GST_BUFFER_OFFSET_IS_VALID(buffer)) info.source_sequence = GST_BUFFER_OFFSET(buffer);
  info.crop = crop_of(buffer, info.layout);
  const std::string blob = join_blob(user_meta_of(buffer), format_.more_caps);
  if (!blob.empty()) (void)frame.set_blob(std::as_bytes(std::span(blob))).has_value();
}

Result<void> Publisher::publish(Host& host, GstBuffer* buffer, const BufferTimes& times,
                                std::chrono::nanoseconds lifespan) {
  VSL_TRY(auto frame, frame_of(buffer));
  if (frame) {
    describe(buffer, times, *frame);
    auto serial = host.publish(std::move(*frame), {.lifespan = lifespan, .keep_newest = true});
    if (serial) {
      counters_.posted.fetch_add(1, std::memory_order_relaxed);
      return {};
    }
    if (serial.error().code != std::errc::no_buffer_space) return std::move(serial).error();
  }
  counters_.dropped.fetch_add(1, std::memory_order_relaxed);
  return {};
}

}  // namespace vsl::gst
