// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>
#include <limits>

#include "capi/frame_object.hpp"
#include "capi/guard.hpp"
#include "media/format_table.hpp"

namespace vsl::capi {

std::uint64_t picture_offset(const Layout& layout) {
  const std::uint32_t buffer = layout.planes[0].buffer;
  std::uint64_t first = layout.planes[0].offset_bytes;
  for (std::size_t i = 1; i < layout.plane_count; ++i) {
    if (layout.planes[i].buffer == buffer) first = std::min(first, layout.planes[i].offset_bytes);
  }
  return first;
}

namespace {

int to_int(std::uint64_t value) {
  return static_cast<int>(
      std::min<std::uint64_t>(value, static_cast<std::uint64_t>(std::numeric_limits<int>::max())));
}

/// The plane, or nullptr and EINVAL.
const PlaneLayout* find_plane(const VSLFrame* frame, int plane) {
  if (frame != nullptr && plane >= 0 &&
      static_cast<std::uint32_t>(plane) < frame->info.layout.plane_count) {
    return &frame->info.layout.planes[static_cast<std::size_t>(plane)];
  }
  fail(EINVAL, "no such plane of the frame");
  return nullptr;
}

std::uint64_t stride_of(const VSLFrame& frame) {
  const Layout& layout = frame.info.layout;
  if (frame.legacy_stride) return legacy_stride_bytes(layout.fourcc, layout.width_px);
  if (frame.given_stride != 0) return frame.given_stride;
  if (layout.plane_count != 0) return layout.planes[0].stride_bytes;
  const Format* format = find_format(layout.fourcc);
  return format != nullptr ? format->planes[0].row_bytes(layout.width_px) : 0;
}

}  // namespace
}  // namespace vsl::capi

namespace capi = vsl::capi;

extern "C" int64_t vsl_frame_serial(const VSLFrame* frame) {
  return frame != nullptr ? static_cast<int64_t>(frame->info.serial) : 0;
}
extern "C" int64_t vsl_frame_timestamp(const VSLFrame* frame) {
  return frame != nullptr ? frame->info.times.published_ns : 0;
}
extern "C" int64_t vsl_frame_duration(const VSLFrame* frame) {
  return frame != nullptr ? frame->info.times.duration_ns : 0;
}
extern "C" int64_t vsl_frame_pts(const VSLFrame* frame) {
  return frame != nullptr ? frame->info.times.pts_ns : 0;
}
extern "C" int64_t vsl_frame_dts(const VSLFrame* frame) {
  return frame != nullptr ? frame->info.times.dts_ns : 0;
}
extern "C" int64_t vsl_frame_expires(const VSLFrame* frame) {
  return frame != nullptr ? frame->info.times.expires_ns : 0;
}
extern "C" uint32_t vsl_frame_fourcc(const VSLFrame* frame) {
  return frame != nullptr ? frame->info.layout.fourcc.code : 0;
}
extern "C" int vsl_frame_width(const VSLFrame* frame) {
  return frame != nullptr ? capi::to_int(frame->info.layout.width_px) : 0;
}
extern "C" int vsl_frame_height(const VSLFrame* frame) {
  return frame != nullptr ? capi::to_int(frame->info.layout.height_px) : 0;
}
extern "C" int vsl_frame_stride(const VSLFrame* frame) {
  return frame != nullptr ? capi::to_int(capi::stride_of(*frame)) : 0;
}
extern "C" int vsl_frame_size(const VSLFrame* frame) {
  if (frame == nullptr || frame->main_buffer() == nullptr) return 0;
  const vsl::Layout& layout = frame->info.layout;
  return capi::to_int(layout.buffer_bytes[layout.planes[0].buffer] - capi::picture_offset(layout));
}

extern "C" int vsl_frame_plane_count(const VSLFrame* frame) {
  return frame != nullptr ? static_cast<int>(frame->info.layout.plane_count) : 0;
}
extern "C" int vsl_frame_plane_stride(const VSLFrame* frame, int plane) {
  const vsl::PlaneLayout* found = capi::find_plane(frame, plane);
  return found != nullptr ? capi::to_int(found->stride_bytes) : -1;
}
extern "C" int64_t vsl_frame_plane_offset(const VSLFrame* frame, int plane) {
  const vsl::PlaneLayout* found = capi::find_plane(frame, plane);
  return found != nullptr ? static_cast<int64_t>(found->offset_bytes) : -1;
}
extern "C" int vsl_frame_plane_handle(const VSLFrame* frame, int plane) {
  const vsl::PlaneLayout* found = capi::find_plane(frame, plane);
  return found != nullptr ? frame->buffers[found->buffer]->fd() : -1;
}

extern "C" int vsl_frame_handle(const VSLFrame* frame) {
  if (frame == nullptr) return capi::failed(-1, EINVAL, "vsl_frame_handle of NULL");
  if (frame->callback_fd >= 0) return frame->callback_fd;
  return frame->main_buffer() != nullptr ? frame->main_buffer()->fd() : -1;
}

extern "C" const char* vsl_frame_path(const VSLFrame* frame) {
  if (frame == nullptr) {
    return capi::failed<const char*>(nullptr, EINVAL, "vsl_frame_path of NULL");
  }
  const vsl::Buffer* buffer = frame->main_buffer();
  return buffer != nullptr && !buffer->name().empty() ? buffer->name().c_str() : nullptr;
}

extern "C" void* vsl_frame_userptr(VSLFrame* frame) {
  return frame != nullptr ? frame->userptr : nullptr;
}
extern "C" void vsl_frame_set_userptr(VSLFrame* frame, void* userptr) {
  if (frame != nullptr) frame->userptr = userptr;
}
