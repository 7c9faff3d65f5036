// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "plane_map.hpp"

#include "buffer_memory.hpp"

namespace vsl::gst {
namespace {

using Map = decltype(GstVideoMeta::map);
using Unmap = decltype(GstVideoMeta::unmap);

/// What GStreamer does by itself, which is in no header.
struct Usual {
  Map map = nullptr;
  Unmap unmap = nullptr;
};

Usual usual_ways() {
  GstBuffer* buffer = gst_buffer_new();
  const GstVideoMeta* meta =
      gst_buffer_add_video_meta(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, 1, 1);
  const Usual found{meta->map, meta->unmap};
  gst_buffer_unref(buffer);
  return found;
}

const Usual& usual() {
  static const Usual found = usual_ways();
  return found;
}

/// The first byte of memory that nobody else has a share of; the end of a write into a dma-buf must
/// be told before it is handed on.
std::byte* writable_bytes(GstBuffer* buffer) {
  if (gst_buffer_n_memory(buffer) != 1) return nullptr;
  GstMemory* memory = gst_buffer_peek_memory(buffer, 0);
  const auto shared = buffer_of(memory);
  if (shared == nullptr || shared->kind() == MemoryKind::dma_buf) return nullptr;
  if (gst_memory_is_writable(memory) == FALSE) return nullptr;
  const auto bytes = shared->map();
  return bytes ? bytes->data() + memory->offset : nullptr;
}

gboolean map(GstVideoMeta* meta, guint plane, GstMapInfo* info, gpointer* data, gint* stride,
             GstMapFlags flags) {
  std::byte* const first =
      (flags & GST_MAP_WRITE) != 0 ? writable_bytes(meta->buffer) : nullptr;
  if (first == nullptr) return usual().map(meta, plane, info, data, stride, flags);
  *info = GST_MAP_INFO_INIT;  // without a memory, so that unmap() knows
  info->flags = flags;
  info->size = gst_buffer_get_size(meta->buffer) - meta->offset[plane];
  info->maxsize = info->size;
  info->data = reinterpret_cast<guint8*>(first + meta->offset[plane]);
  *data = info->data;
  *stride = meta->stride[plane];
  return TRUE;
}

gboolean unmap(GstVideoMeta* meta, guint plane, GstMapInfo* info) {
  return info->memory == nullptr ? TRUE : usual().unmap(meta, plane, info);
}

}  // namespace

void map_without_lock(GstVideoMeta* meta) {
  (void)usual();  // not first where a frame waits for it
  meta->map = map;
  meta->unmap = unmap;
}

}  // namespace vsl::gst
