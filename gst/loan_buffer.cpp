// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "loan_buffer.hpp"

#include <cstring>

#include "formats.hpp"
#include "time_map.hpp"

namespace vsl::gst {
namespace {

bool lies_in_dma_buf(const Lease& lease, std::uint32_t buffer) {
  const Buffer* memory = lease.buffer(buffer);
  return memory != nullptr && memory->kind() == MemoryKind::dma_buf;
}

void add_video_meta(GstBuffer* buffer, const Layout& layout) {
  const GstVideoFormat format = format_of(layout.fourcc);
  if (format == GST_VIDEO_FORMAT_UNKNOWN) return;
  // GStreamer counts offsets over all memories of a buffer.
  std::array<gsize, kMaxPlanes> starts{};
  for (std::uint32_t i = 1; i < layout.buffer_count; ++i) {
    starts[i] = starts[i - 1U] + layout.buffer_bytes[i - 1U];
  }
  gsize offsets[GST_VIDEO_MAX_PLANES] = {};
  gint strides[GST_VIDEO_MAX_PLANES] = {};
  for (std::uint32_t i = 0; i < layout.plane_count; ++i) {
    offsets[i] = starts[layout.planes[i].buffer] + layout.planes[i].offset_bytes;
    strides[i] = static_cast<gint>(layout.planes[i].stride_bytes);
  }
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, format, layout.width_px,
                                 layout.height_px, layout.plane_count, offsets,
                                 strides);
}

/// Whether buffers of the two differ in nothing but their memory.
bool is_alike(const Layout& one, const Layout& other) {
  return (is_coded(one.fourcc) && is_coded(other.fourcc)) || one == other;
}

void copy_rows(const std::byte* from, std::uint32_t from_stride, guint8* to, gint to_stride,
               std::uint32_t rows, std::uint32_t bytes) {
  for (std::uint32_t y = 0; y < rows; ++y) {
    std::memcpy(to + std::ptrdiff_t{to_stride} * y, from + std::size_t{from_stride} * y, bytes);
  }
}

bool copy_coded(const Loan& loan, GstBuffer* to) {
  const auto bytes = loan.lease().plane(0);
  return bytes.data() != nullptr &&
         gst_buffer_fill(to, 0, bytes.data(), bytes.size()) == bytes.size();
}

}  // namespace

void LoanBuffers::prepare() {
  if (next_ == nullptr && layout_.plane_count > 0) next_ = blank_for(layout_);
}

void LoanBuffers::reset() noexcept {
  next_.reset();
  layout_ = {};
  memories_ = std::make_shared<LoanMemories>();  // and none that is in use now comes back
}

Ref<GstBuffer> LoanBuffers::blank_for(const Layout& layout) {
  Ref<GstBuffer> buffer(gst_buffer_new());
  stamp_ = gst_buffer_add_reference_timestamp_meta(buffer.get(), monotonic_stamp_caps(), 0,
                                                   GST_CLOCK_TIME_NONE);
  if (!is_coded(layout.fourcc)) add_video_meta(buffer.get(), layout);
  return buffer;
}

GstBuffer* LoanBuffers::wrap(const std::shared_ptr<Loan>& loan, const Layout& layout,
                             GstClockTime captured) {
  if (next_ == nullptr || !is_alike(layout, layout_)) next_ = blank_for(layout);
  layout_ = layout;
  Ref<GstBuffer> buffer = std::move(next_);
  for (std::uint32_t i = 0; i < layout.buffer_count; ++i) {
    GstMemory* memory = memories_->wrap(loan, i);
    if (memory == nullptr) return nullptr;
    gst_buffer_append_memory(buffer.get(), memory);
  }
  if (is_coded(layout.fourcc)) {
    const std::uint64_t offset = layout.planes[0].offset_bytes;
    gst_buffer_resize(buffer.get(), static_cast<gssize>(offset),
                      static_cast<gssize>(layout.buffer_bytes[0] - offset));
  }
  stamp_->timestamp = captured;
  return buffer.release();
}

bool lies_as_caps_say(const Layout& layout, const GstVideoInfo& video) {
  if (layout.buffer_count != 1) return false;
  for (std::uint32_t i = 0; i < layout.plane_count; ++i) {
    if (layout.planes[i].offset_bytes != video.offset[i]) return false;
    if (layout.planes[i].stride_bytes != static_cast<std::uint32_t>(video.stride[i])) return false;
  }
  return layout.buffer_bytes[0] >= video.size;
}

bool copy_loan(const Loan& loan, const Layout& layout, const GstVideoInfo* video, GstBuffer* to) {
  if (video == nullptr) return copy_coded(loan, to);
  GstVideoFrame frame;
  if (gst_video_frame_map(&frame, const_cast<GstVideoInfo*>(video), to, GST_MAP_WRITE) == FALSE) {
    return false;
  }
  const Layout& whole = loan.info().layout;
  bool readable = true;
  for (std::uint32_t i = 0; i < layout.plane_count && readable; ++i) {
    const auto plane = loan.lease().plane(i);
    readable = plane.data() != nullptr;
    if (!readable) break;
    const std::uint64_t skip = layout.planes[i].offset_bytes - whole.planes[i].offset_bytes;
    copy_rows(plane.data() + skip, layout.planes[i].stride_bytes, static_cast<guint8*>(frame.data[i]),
              frame.info.stride[i], layout.plane_rows(i), layout.plane_row_bytes(i));
  }
  gst_video_frame_unmap(&frame);
  return readable;
}

bool is_dma_buf(const Loan& loan) {
  for (std::uint32_t i = 0; i < loan.info().layout.buffer_count; ++i) {
    if (!lies_in_dma_buf(loan.lease(), i)) return false;
  }
  return true;
}

}  // namespace vsl::gst
