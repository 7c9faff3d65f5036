// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "share_buffer.hpp"

#include <algorithm>

#include "buffer_memory.hpp"

namespace vsl::gst {
namespace {

/// The index of a buffer among those of the picture, which grows by it; kMaxPlanes: no room.
std::size_t index_of(SharedPicture& picture, std::shared_ptr<Buffer> buffer) {
  const auto end = picture.buffers.begin() + picture.layout.buffer_count;
  const auto same = std::find_if(picture.buffers.begin(), end, [&](const auto& known) {
    return known == buffer ||
           (known->device() == buffer->device() && known->inode() == buffer->inode());
  });
  const auto index = static_cast<std::size_t>(same - picture.buffers.begin());
  if (same != end || index == kMaxPlanes) return index;
  picture.buffers[index] = std::move(buffer);
  ++picture.layout.buffer_count;
  return index;
}

struct Place {
  std::size_t buffer = 0;
  std::uint64_t offset_bytes = 0;  ///< in the memory behind the descriptor
  std::uint64_t rest_bytes = 0;    ///< from there to the end of the GstMemory
};

/// The memory the plane before was found in: mostly this one's too.
struct Found {
  GstMemory* memory = nullptr;
  std::size_t buffer = 0;
};

bool find_buffer(GstMemory* memory, SharedPicture& picture, Found& found) {
  if (memory == found.memory) return true;
  auto shared = buffer_of(memory);
  if (shared == nullptr) return false;
  const std::uint64_t end_bytes = memory->offset + memory->size;
  const std::size_t place = index_of(picture, std::move(shared));
  if (place == kMaxPlanes) return false;
  auto& used = picture.layout.buffer_bytes[place];
  used = std::max(used, end_bytes);
  found = {memory, place};
  return true;
}

/// Where byte `offset` of a GstBuffer lies.
std::optional<Place> find_place(GstBuffer* buffer, gsize offset, SharedPicture& picture,
                                Found& found) {
  guint index = 0, length = 0;
  gsize skip = 0;
  if (gst_buffer_find_memory(buffer, offset, 1, &index, &length, &skip) == FALSE) return {};
  GstMemory* memory = gst_buffer_peek_memory(buffer, index);
  if (!find_buffer(memory, picture, found)) return {};
  return Place{found.buffer, memory->offset + skip, memory->size - skip};
}

std::optional<SharedPicture> share_raw(GstBuffer* buffer, const StreamFormat& format) {
  const PictureLayout from = picture_layout(buffer, format.video);
  if (from.planes == 0 || from.planes > kMaxPlanes) return {};
  SharedPicture picture;
  Layout& layout = picture.layout;
  layout.fourcc = format.fourcc;
  layout.width_px = from.width_px;
  layout.height_px = from.height_px;
  layout.plane_count = from.planes;
  Found found;
  for (guint i = 0; i < from.planes; ++i) {
    if (from.stride_bytes[i] <= 0) return {};  // upside down
    const auto place = find_place(buffer, from.offset_bytes[i], picture, found);
    if (!place) return {};
    layout.planes[i] = {place->offset_bytes, static_cast<std::uint32_t>(from.stride_bytes[i]),
                        static_cast<std::uint32_t>(place->buffer)};
    const std::uint64_t rows = layout.plane_rows(i);
    const std::uint64_t needed =
        rows == 0 ? 0 : (rows - 1) * layout.planes[i].stride_bytes + layout.plane_row_bytes(i);
    if (needed > place->rest_bytes) return {};  // a plane over several memories
  }
  return picture;
}

std::optional<SharedPicture> share_coded(GstBuffer* buffer, const StreamFormat& format) {
  if (gst_buffer_n_memory(buffer) != 1) return {};
  SharedPicture picture;
  Found found;
  const auto place = find_place(buffer, 0, picture, found);
  if (!place) return {};
  const auto used = picture.layout.buffer_bytes;
  picture.layout = Layout::opaque(format.fourcc, static_cast<std::uint32_t>(format.video.width),
                                  static_cast<std::uint32_t>(format.video.height), used[0]);
  picture.layout.planes[0].offset_bytes = place->offset_bytes;
  return picture;
}

}  // namespace

PictureLayout picture_layout(GstBuffer* buffer, const GstVideoInfo& video) {
  PictureLayout layout;
  if (const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer)) {
    layout.planes = meta->n_planes;
    layout.width_px = meta->width;
    layout.height_px = meta->height;
    std::copy_n(meta->offset, GST_VIDEO_MAX_PLANES, layout.offset_bytes.begin());
    std::copy_n(meta->stride, GST_VIDEO_MAX_PLANES, layout.stride_bytes.begin());
    return layout;
  }
  layout.planes = GST_VIDEO_INFO_N_PLANES(&video);
  layout.width_px = static_cast<std::uint32_t>(GST_VIDEO_INFO_WIDTH(&video));
  layout.height_px = static_cast<std::uint32_t>(GST_VIDEO_INFO_HEIGHT(&video));
  std::copy_n(video.offset, GST_VIDEO_MAX_PLANES, layout.offset_bytes.begin());
  std::copy_n(video.stride, GST_VIDEO_MAX_PLANES, layout.stride_bytes.begin());
  return layout;
}

Rect crop_of(GstBuffer* buffer, const Layout& layout) {
  const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(buffer);
  if (crop == nullptr) return {};
  const auto lies_in = [](guint at, guint size, std::uint32_t all) {
    return size > 0 && size <= all && at <= all - size;
  };
  const bool inside = lies_in(crop->x, crop->width, layout.width_px) &&
                      lies_in(crop->y, crop->height, layout.height_px);
  const bool all = crop->width == layout.width_px && crop->height == layout.height_px;
  if (!inside || all) return {};
  return {static_cast<std::int32_t>(crop->x), static_cast<std::int32_t>(crop->y),
          static_cast<std::int32_t>(crop->width), static_cast<std::int32_t>(crop->height)};
}

std::optional<SharedPicture> share_buffer(GstBuffer* buffer, const StreamFormat& format) {
  return format.coded ? share_coded(buffer, format) : share_raw(buffer, format);
}

}  // namespace vsl::gst
