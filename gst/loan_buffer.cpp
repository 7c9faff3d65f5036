// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "loan_buffer.hpp"

#include <cstring>

#include "fd_memory.hpp"
#include "formats.hpp"

namespace vsl::gst {
namespace {

bool lies_in_dma_buf(const Lease& lease, std::uint32_t buffer) {
  const Buffer* memory = lease.buffer(buffer);
  return memory != nullptr && memory->kind() == MemoryKind::dma_buf;
}

class LoanMemory final : public SharedMemory {
 public:
  LoanMemory(std::shared_ptr<Loan> loan, std::uint32_t buffer)
      : loan_(std::move(loan)), buffer_(buffer) {}

  int fd() const noexcept override { return loan_->lease().buffer_fd(buffer_); }
  std::size_t size_bytes() const noexcept override {
    return loan_->info().layout.buffer_bytes[buffer_];
  }
  bool is_dma_buf() const noexcept override { return lies_in_dma_buf(loan_->lease(), buffer_); }
  /// The library's own mapping of the buffer, which it keeps from frame to frame.
  std::byte* map(bool write) noexcept override {
    if (write) return nullptr;  // it is the host's, and other clients'
    const Layout& layout = loan_->info().layout;
    for (std::uint32_t i = 0; i < layout.plane_count; ++i) {
      if (layout.planes[i].buffer != buffer_) continue;
      const auto plane = loan_->lease().plane(i);
      if (plane.data() == nullptr) return nullptr;
      return const_cast<std::byte*>(plane.data() - layout.planes[i].offset_bytes);
    }
    return nullptr;
  }
  void unmap(bool) noexcept override {}

 private:
  const std::shared_ptr<Loan> loan_;
  const std::uint32_t buffer_;
};

void add_video_meta(GstBuffer* buffer, const FrameInfo& frame) {
  const GstVideoFormat format = format_of(frame.layout.fourcc);
  if (format == GST_VIDEO_FORMAT_UNKNOWN) return;
  // GStreamer counts offsets over all memories of a buffer.
  std::array<gsize, kMaxPlanes> starts{};
  for (std::uint32_t i = 1; i < frame.layout.buffer_count; ++i) {
    starts[i] = starts[i - 1U] + frame.layout.buffer_bytes[i - 1U];
  }
  gsize offsets[GST_VIDEO_MAX_PLANES] = {};
  gint strides[GST_VIDEO_MAX_PLANES] = {};
  for (std::uint32_t i = 0; i < frame.layout.plane_count; ++i) {
    offsets[i] = starts[frame.layout.planes[i].buffer] + frame.layout.planes[i].offset_bytes;
    strides[i] = static_cast<gint>(frame.layout.planes[i].stride_bytes);
  }
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, format, frame.layout.width_px,
                                 frame.layout.height_px, frame.layout.plane_count, offsets,
                                 strides);
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

GstBuffer* wrap_loan(const std::shared_ptr<Loan>& loan) {
  const FrameInfo& frame = loan->info();
  const Layout& layout = frame.layout;
  GstBuffer* buffer = gst_buffer_new();
  for (std::uint32_t i = 0; i < layout.buffer_count; ++i) {
    GstMemory* memory =
        wrap_memory(std::make_shared<LoanMemory>(loan, i), Sharing::read_only);
    if (memory == nullptr) {
      gst_buffer_unref(buffer);
      return nullptr;
    }
    gst_buffer_append_memory(buffer, memory);
  }
  if (is_coded(layout.fourcc)) {
    const std::uint64_t offset = layout.planes[0].offset_bytes;
    gst_buffer_resize(buffer, static_cast<gssize>(offset),
                      static_cast<gssize>(layout.buffer_bytes[0] - offset));
  } else {
    add_video_meta(buffer, frame);
  }
  return buffer;
}

bool lies_as_caps_say(const FrameInfo& frame, const GstVideoInfo& video) {
  const Layout& layout = frame.layout;
  if (layout.buffer_count != 1) return false;
  for (std::uint32_t i = 0; i < layout.plane_count; ++i) {
    if (layout.planes[i].offset_bytes != video.offset[i]) return false;
    if (layout.planes[i].stride_bytes != static_cast<std::uint32_t>(video.stride[i])) return false;
  }
  return layout.buffer_bytes[0] >= video.size;
}

bool copy_loan(const Loan& loan, const GstVideoInfo* video, GstBuffer* to) {
  if (video == nullptr) return copy_coded(loan, to);
  GstVideoFrame frame;
  if (gst_video_frame_map(&frame, const_cast<GstVideoInfo*>(video), to, GST_MAP_WRITE) == FALSE) {
    return false;
  }
  const Layout& layout = loan.info().layout;
  bool readable = true;
  for (std::uint32_t i = 0; i < layout.plane_count && readable; ++i) {
    const auto plane = loan.lease().plane(i);
    readable = plane.data() != nullptr;
    if (!readable) break;
    copy_rows(plane.data(), layout.planes[i].stride_bytes, static_cast<guint8*>(frame.data[i]),
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
