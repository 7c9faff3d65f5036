// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "sink_pool.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "buffer_memory.hpp"
#include "plane_map.hpp"

namespace vsl::gst {
namespace {

struct PoolState {
  MemoryOptions memory;
  std::shared_ptr<HeldBuffers> owner;
  GstVideoInfo video;
  GstVideoAlignment alignment;
  std::size_t size_bytes = 0;
  bool is_video = false, add_meta = false, is_limited = false;
  std::mutex mutex;  // leaf, of `shared`
  /// Given back while copies of them, which share their memory, are still with readers.
  std::vector<GstBuffer*> shared;
};

struct SinkPool {
  GstBufferPool parent;
  PoolState* state;
};
struct SinkPoolClass {
  GstBufferPoolClass parent;
};

G_DEFINE_TYPE(SinkPool, sink_pool, GST_TYPE_BUFFER_POOL)

SinkPool* self_of(GstBufferPool* pool) { return reinterpret_cast<SinkPool*>(pool); }

const gchar** options(GstBufferPool*) {
  static const gchar* const kOptions[] = {GST_BUFFER_POOL_OPTION_VIDEO_META,
                                          GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT, nullptr};
  return const_cast<const gchar**>(kOptions);
}

/// Applies the padding upstream asks for to sizes and strides.
bool align(PoolState& state, GstStructure* config) {
  gst_video_alignment_reset(&state.alignment);
  if (!gst_buffer_pool_config_has_option(config, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT)) {
    return true;
  }
  gst_buffer_pool_config_get_video_alignment(config, &state.alignment);
  if (gst_video_info_align(&state.video, &state.alignment) == FALSE) return false;
  gst_buffer_pool_config_set_video_alignment(config, &state.alignment);
  return true;
}

gboolean set_config(GstBufferPool* pool, GstStructure* config) {
  PoolState& state = *self_of(pool)->state;
  GstCaps* caps = nullptr;
  guint size = 0, min = 0, max = 0;
  if (!gst_buffer_pool_config_get_params(config, &caps, &size, &min, &max) || caps == nullptr) {
    return FALSE;
  }
  state.is_limited = max != 0;
  state.is_video = gst_video_info_from_caps(&state.video, caps) != FALSE &&
                   GST_VIDEO_INFO_FORMAT(&state.video) != GST_VIDEO_FORMAT_ENCODED;
  state.add_meta =
      state.is_video &&
      gst_buffer_pool_config_has_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META) != FALSE;
  if (state.add_meta && !align(state, config)) return FALSE;
  const gsize needed = state.is_video ? state.video.size : 1;
  state.size_bytes = std::max<gsize>(size, needed);
  gst_buffer_pool_config_set_params(config, caps, static_cast<guint>(state.size_bytes), min, max);
  return GST_BUFFER_POOL_CLASS(sink_pool_parent_class)->set_config(pool, config);
}

GstFlowReturn alloc_buffer(GstBufferPool* pool, GstBuffer** out, GstBufferPoolAcquireParams*) {
  const PoolState& state = *self_of(pool)->state;
  auto buffer = Buffer::allocate(state.size_bytes, state.memory);
  if (!buffer) {
    GST_ERROR_OBJECT(pool, "%s", buffer.error().message().c_str());
    return GST_FLOW_ERROR;
  }
  GstMemory* memory = memory_of(std::move(*buffer));
  if (memory == nullptr) return GST_FLOW_ERROR;
  gst_memory_resize(memory, 0, static_cast<gsize>(state.size_bytes));
  *out = gst_buffer_new();
  gst_buffer_append_memory(*out, memory);
  if (state.add_meta) {
    GstVideoInfo video = state.video;
    GstVideoMeta* meta = gst_buffer_add_video_meta_full(
        *out, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&video),
        static_cast<guint>(GST_VIDEO_INFO_WIDTH(&video)),
        static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&video)), GST_VIDEO_INFO_N_PLANES(&video),
        video.offset, video.stride);
    gst_video_meta_set_alignment(meta, state.alignment);
    map_without_lock(meta);
  }
  return GST_FLOW_OK;
}

/// A pool frees a buffer that comes back while its memory is in use elsewhere, and ours would have to
/// allocate, map and announce one for each frame: it waits until the memory is free instead.
void release_buffer(GstBufferPool* pool, GstBuffer* buffer) {
  PoolState& state = *self_of(pool)->state;
  // Somebody may wait for one of a number, whom nothing would wake.
  if (!state.is_limited && gst_buffer_is_all_memory_writable(buffer) == FALSE) {
    const std::lock_guard lock(state.mutex);
    state.shared.push_back(buffer);
    return;
  }
  GST_BUFFER_POOL_CLASS(sink_pool_parent_class)->release_buffer(pool, buffer);
}

void release_shared(GstBufferPool* pool, bool all) {
  PoolState& state = *self_of(pool)->state;
  std::vector<GstBuffer*> released;
  {
    const std::lock_guard lock(state.mutex);
    const auto in_use = [&](GstBuffer* buffer) {
      return !all && gst_buffer_is_all_memory_writable(buffer) == FALSE;
    };
    const auto first = std::partition(state.shared.begin(), state.shared.end(), in_use);
    released.assign(first, state.shared.end());
    state.shared.erase(first, state.shared.end());
  }
  for (GstBuffer* buffer : released) {
    GST_BUFFER_POOL_CLASS(sink_pool_parent_class)->release_buffer(pool, buffer);
  }
}

gboolean stop(GstBufferPool* pool) {
  release_shared(pool, true);
  return GST_BUFFER_POOL_CLASS(sink_pool_parent_class)->stop(pool);
}

GstFlowReturn acquire_buffer(GstBufferPool* pool, GstBuffer** buffer,
                             GstBufferPoolAcquireParams* params) {
  (void)self_of(pool)->state->owner->make_room();  // so that what readers are done with is reused
  release_shared(pool, false);
  return GST_BUFFER_POOL_CLASS(sink_pool_parent_class)->acquire_buffer(pool, buffer, params);
}

void finalize(GObject* object) {
  delete reinterpret_cast<SinkPool*>(object)->state;
  G_OBJECT_CLASS(sink_pool_parent_class)->finalize(object);
}

void sink_pool_init(SinkPool* self) { self->state = new PoolState; }

void sink_pool_class_init(SinkPoolClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = finalize;
  GstBufferPoolClass* pool = GST_BUFFER_POOL_CLASS(klass);
  pool->get_options = options;
  pool->set_config = set_config;
  pool->alloc_buffer = alloc_buffer;
  pool->acquire_buffer = acquire_buffer;
  pool->release_buffer = release_buffer;
  pool->stop = stop;
}

}  // namespace

GstBufferPool* new_sink_pool(const MemoryOptions& memory, std::shared_ptr<HeldBuffers> owner) {
  auto* pool = GST_BUFFER_POOL(g_object_new(sink_pool_get_type(), nullptr));
  gst_object_ref_sink(pool);
  self_of(pool)->state->memory = memory;
  self_of(pool)->state->owner = std::move(owner);
  return pool;
}

std::shared_ptr<HeldBuffers> owner_of(GstBufferPool* pool) {
  const bool ours = pool != nullptr && G_TYPE_CHECK_INSTANCE_TYPE(pool, sink_pool_get_type());
  return ours ? self_of(pool)->state->owner : nullptr;
}

}  // namespace vsl::gst
