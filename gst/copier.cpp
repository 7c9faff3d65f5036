// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "copier.hpp"

#include <algorithm>
#include <cstring>

namespace vsl::gst {
namespace {

constexpr std::uint64_t kCodedStep = 256U * 1024;  // of the size of buffers for coded data

Result<void> copy_raw(GstBuffer* from, const GstVideoInfo& video, Frame& to) {
  GstVideoFrame source;
  if (gst_video_frame_map(&source, const_cast<GstVideoInfo*>(&video), from, GST_MAP_READ) ==
      FALSE) {
    return Error::of(std::errc::invalid_argument, "read a buffer that is smaller than its caps say");
  }
  const Layout& layout = to.info().layout;
  for (std::uint32_t i = 0; i < layout.plane_count; ++i) {
    const auto* row = static_cast<const std::byte*>(source.data[i]);
    std::byte* out = to.plane(i).data();
    const std::uint32_t bytes = layout.plane_row_bytes(i);
    for (std::uint32_t y = 0; y < layout.plane_rows(i); ++y) {
      std::memcpy(out, row, bytes);
      row += source.info.stride[i];
      out += layout.planes[i].stride_bytes;
    }
  }
  gst_video_frame_unmap(&source);
  return {};
}

}  // namespace

void Copier::configure(std::uint32_t buffers, const MemoryOptions& memory) {
  wanted_.buffers = std::clamp<std::uint32_t>(buffers, 4, 64);
  wanted_.memory = memory;
}

Result<void> Copier::prepare(Fourcc fourcc, const PictureLayout& size, std::uint64_t coded_bytes) {
  const bool same = pool_ && wanted_.format == fourcc && wanted_.width_px == size.width_px &&
                    wanted_.height_px == size.height_px && wanted_.opaque_bytes >= coded_bytes;
  if (same) return {};
  wanted_.format = fourcc;
  wanted_.width_px = size.width_px;
  wanted_.height_px = size.height_px;
  wanted_.stride_align = 1;  // readers of release 2.5 know no padding
  wanted_.opaque_bytes =
      coded_bytes == 0 ? 0 : (2 * coded_bytes + kCodedStep - 1) / kCodedStep * kCodedStep;
  VSL_TRY(pool_, Pool::create(wanted_));
  return {};
}

Result<std::optional<Frame>> Copier::copy(GstBuffer* buffer, const StreamFormat& format) {
  const gsize coded_bytes = format.coded ? gst_buffer_get_size(buffer) : 0;
  const PictureLayout size = picture_layout(buffer, format.video);
  VSL_CHECK(prepare(format.fourcc, size, coded_bytes));
  auto frame = pool_->acquire();
  if (!frame) {
    if (frame.error().code == std::errc::no_buffer_space) return std::optional<Frame>();
    return std::move(frame).error();
  }
  VSL_CHECK(frame->map());
  if (!format.coded) {
    VSL_CHECK(copy_raw(buffer, format.video, *frame));
  } else {
    gst_buffer_extract(buffer, 0, frame->plane(0).data(), coded_bytes);
    frame->info().layout = Layout::opaque(format.fourcc, wanted_.width_px, wanted_.height_px,
                                          coded_bytes);
  }
  return std::optional<Frame>(std::move(*frame));
}

}  // namespace vsl::gst
