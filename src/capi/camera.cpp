// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>

#include "base/clock.hpp"
#include "capi/camera_object.hpp"
#include "capi/guard.hpp"
#include "frame/physical_address.hpp"

namespace vsl::capi {
namespace {

constexpr int kUsualBuffers = 6;
constexpr std::int64_t kPictureTimeoutNs = 2'000'000'000;

Error no_camera(const char* function) {
  return Error::of(std::errc::invalid_argument, std::string(function) + ": no camera");
}

Result<vsl_camera*> open(const char* filename) {
  if (filename == nullptr) return no_camera("vsl_camera_open_device");
  auto camera = Camera::open(filename);
  if (camera) return new vsl_camera{std::move(*camera), {}};
  Error error = std::move(camera).error();
  // What flock(2) calls a lock that another program has, and programs look for.
  if (error.code == std::errc::device_or_resource_busy) {
    error.code = std::make_error_code(std::errc::operation_would_block);
  }
  return error;
}

/// What release 2.5 took: the driver's choice where it has not what is wanted.
CameraOptions options_for(const vsl_camera& ctx, int width, int height, int buffers,
                          Fourcc fourcc) {
  const auto& formats = ctx.camera.device().capture_formats;
  const auto is_it = [&](const DeviceFormat& format) { return format.fourcc == fourcc; };
  const bool known = std::any_of(formats.begin(), formats.end(), is_it);
  const int most = VIDEO_MAX_FRAME, fewest = 2;
  return {.format = known ? fourcc : Fourcc{},
          .width_px = static_cast<std::uint32_t>(width),
          .height_px = static_cast<std::uint32_t>(height),
          .nearest_size = true,
          .buffers = static_cast<std::uint32_t>(
              std::clamp(buffers == 0 ? kUsualBuffers : buffers, fewest, most)),
          .memory = CameraMemory::mmap,
          .access = Access::read_write};
}

Result<CameraFormat> configure(vsl_camera& ctx, CameraOptions options) {
  auto format = ctx.camera.configure(options);
  if (format || format.error().code != std::errc::not_supported) return format;
  options.memory = CameraMemory::copy;  // the driver's memory all the same, which it cannot share
  return ctx.camera.configure(options);
}

Result<void> describe_buffers(vsl_camera& ctx) {
  v4l2::CaptureQueue& queue = *ctx.camera.impl().queue;
  const CameraFormat& format = ctx.camera.format();
  std::vector<vsl_camera_buffer> buffers(queue.buffers().size());
  for (std::uint32_t i = 0; i < buffers.size(); ++i) {
    const v4l2::CapturePlane& plane = queue.buffers()[i][0];
    VSL_TRY(const auto memory, queue.map_driver_memory(i, 0));
    buffers[i] = {.index = i,
                  .data = memory.data(),
                  .dma_fd = plane.memory != nullptr ? plane.memory->fd() : -1,
                  .bytes = plane.bytes,
                  .fourcc = format.pixel_format.code,
                  .stride_bytes = ctx.camera.impl().first_stride_bytes()};
    if (buffers[i].dma_fd < 0) continue;
    if (const auto address = physical_address_of(buffers[i].dma_fd)) {
      buffers[i].physical_address = *address;
    }
  }
  ctx.buffers = std::move(buffers);
  return {};
}

Result<void> init(vsl_camera* ctx, int* width, int* height, int* buf_count, uint32_t* fourcc) {
  if (ctx == nullptr) return no_camera("vsl_camera_init_device");
  if (width == nullptr || height == nullptr || buf_count == nullptr || fourcc == nullptr ||
      *width < 0 || *height < 0 || *buf_count < 0) {
    return Error::of(std::errc::invalid_argument,
                     "vsl_camera_init_device: a pointer is missing, or a number is negative");
  }
  ctx->buffers.clear();
  VSL_TRY(const CameraFormat format,
          configure(*ctx, options_for(*ctx, *width, *height, *buf_count, Fourcc{*fourcc})));
  VSL_CHECK(describe_buffers(*ctx));
  *width = static_cast<int>(format.layout.width_px);
  *height = static_cast<int>(format.layout.height_px);
  *buf_count = static_cast<int>(ctx->buffers.size());
  *fourcc = format.pixel_format.code;
  return {};
}

Result<vsl_camera_buffer*> next_buffer(vsl_camera* ctx) {
  if (ctx == nullptr) return no_camera("vsl_camera_get_data");
  Camera::Impl& camera = ctx->camera.impl();
  const std::int64_t deadline_ns = monotonic_ns() + kPictureTimeoutNs;
  VSL_TRY(const auto picture, camera.next_picture(deadline_ns));
  if (!picture) {
    return Error::of(std::errc::timed_out,
                     "capture from " + camera.node().path + ": no picture within 2 s");
  }
  vsl_camera_buffer& buffer = ctx->buffers[picture->index];
  buffer.sequence = picture->sequence;
  buffer.flags = picture->flags;
  buffer.stamp_ns = picture->stamp_ns;
  return &buffer;
}

Result<void> give_back(vsl_camera* ctx, const vsl_camera_buffer* buffer) {
  if (ctx == nullptr) return no_camera("vsl_camera_release_buffer");
  const bool ours = buffer != nullptr && buffer->index < ctx->buffers.size() &&
                    buffer == &ctx->buffers[buffer->index];
  if (!ours) {
    return Error::of(std::errc::invalid_argument,
                     "vsl_camera_release_buffer: not a buffer of this camera");
  }
  return ctx->camera.impl().queue->give_back(buffer->index);
}

/// Up to `size` codes the device captures; their number, or -1.
int list_codes(const vsl_camera* ctx, uint32_t* codes, int size) {
  if (ctx == nullptr || codes == nullptr || size < 0) {
    return failed(-1, EINVAL, "vsl_camera_enum_fmts: no camera, or no room for codes");
  }
  const auto& formats = ctx->camera.device().capture_formats;
  const auto count = std::min<std::size_t>(formats.size(), static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < count; ++i) codes[i] = formats[i].fourcc.code;
  return static_cast<int>(count);
}

/// Format of a camera that is set up; zeros without one.
CameraFormat format_of(const vsl_camera* ctx) {
  return ctx != nullptr ? ctx->camera.format() : CameraFormat{};
}

// The functions below take their camera as const, for release 2.5 did, and change the device.
Camera& device_of(const vsl_camera* ctx) { return const_cast<vsl_camera*>(ctx)->camera; }

}  // namespace
}  // namespace vsl::capi

namespace capi = vsl::capi;

extern "C" vsl_camera* vsl_camera_open_device(const char* filename) {
  return capi::guard<vsl_camera*>(nullptr, [&] { return capi::open(filename); });
}

extern "C" int vsl_camera_init_device(vsl_camera* ctx, int* width, int* height, int* buf_count,
                                      uint32_t* fourcc) {
  return capi::guard_status([&] { return capi::init(ctx, width, height, buf_count, fourcc); });
}

extern "C" int vsl_camera_mirror(const vsl_camera* ctx, bool mirror) {
  return capi::guard_status([&]() -> vsl::Result<void> {
    if (ctx == nullptr) return capi::no_camera("vsl_camera_mirror");
    return capi::device_of(ctx).mirror_horizontal(mirror);
  });
}

extern "C" int vsl_camera_mirror_v(const vsl_camera* ctx, bool mirror) {
  return capi::guard_status([&]() -> vsl::Result<void> {
    if (ctx == nullptr) return capi::no_camera("vsl_camera_mirror_v");
    return capi::device_of(ctx).mirror_vertical(mirror);
  });
}

extern "C" int vsl_camera_start_capturing(vsl_camera* ctx) {
  return capi::guard_status([&]() -> vsl::Result<void> {
    if (ctx == nullptr) return capi::no_camera("vsl_camera_start_capturing");
    return ctx->camera.start();
  });
}

extern "C" int vsl_camera_stop_capturing(const vsl_camera* ctx) {
  return capi::guard_status([&]() -> vsl::Result<void> {
    if (ctx == nullptr) return capi::no_camera("vsl_camera_stop_capturing");
    return capi::device_of(ctx).stop();
  });
}

extern "C" vsl_camera_buffer* vsl_camera_get_data(vsl_camera* ctx) {
  return capi::guard<vsl_camera_buffer*>(nullptr, [&] { return capi::next_buffer(ctx); });
}

extern "C" int vsl_camera_release_buffer(vsl_camera* ctx, const vsl_camera_buffer* buffer) {
  return capi::guard_status([&] { return capi::give_back(ctx, buffer); });
}

extern "C" void vsl_camera_uninit_device(vsl_camera* ctx) {
  if (ctx == nullptr) return;
  ctx->buffers.clear();
  (void)ctx->camera.impl().release_buffers();
}

extern "C" void vsl_camera_close_device(vsl_camera* ctx) { delete ctx; }

extern "C" int vsl_camera_is_dmabuf_supported(const vsl_camera* ctx) {
  if (ctx == nullptr || ctx->buffers.empty()) return 0;
  const vsl_camera_buffer& first = ctx->buffers[0];
  return first.dma_fd >= 0 || first.physical_address != 0 ? 1 : 0;
}

extern "C" int vsl_camera_get_queued_buf_count(const vsl_camera* ctx) {
  return ctx != nullptr ? static_cast<int>(ctx->camera.stats().queued) : 0;
}

extern "C" uint32_t vsl_camera_color_space(const vsl_camera* ctx) {
  return capi::format_of(ctx).v4l2_colorspace;
}
extern "C" uint32_t vsl_camera_color_transfer(const vsl_camera* ctx) {
  return capi::format_of(ctx).v4l2_transfer;
}
extern "C" uint32_t vsl_camera_color_encoding(const vsl_camera* ctx) {
  return capi::format_of(ctx).v4l2_encoding;
}
extern "C" uint32_t vsl_camera_color_range(const vsl_camera* ctx) {
  return capi::format_of(ctx).v4l2_range;
}

extern "C" int vsl_camera_enum_fmts(const vsl_camera* ctx, uint32_t* codes, int size) {
  return capi::list_codes(ctx, codes, size);
}

extern "C" int vsl_camera_enum_mplane_fmts(const vsl_camera* ctx, uint32_t* codes, int size) {
  const bool none = ctx != nullptr && !ctx->camera.device().multiplanar;
  return none ? 0 : capi::list_codes(ctx, codes, size);
}
