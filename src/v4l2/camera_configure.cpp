// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <algorithm>

#include "v4l2/camera_impl.hpp"
#include "v4l2/colorimetry.hpp"
#include "v4l2/holders.hpp"

namespace vsl {

using v4l2::CaptureQueue;

namespace {

constexpr std::uint32_t kFewestBuffers = 2;
constexpr std::uint32_t kMostBuffers = VIDEO_MAX_FRAME;

Result<void> check(const CameraOptions& options, const std::string& path) {
  if (options.buffers >= kFewestBuffers && options.buffers <= kMostBuffers) return {};
  return Error::of(std::errc::invalid_argument,
                   "set up " + path + " with " + std::to_string(options.buffers) + " buffers (" +
                       std::to_string(kFewestBuffers) + " to " + std::to_string(kMostBuffers) +
                       " are possible)");
}

Result<Pool> pool_for_copies(const Layout& layout, std::uint64_t bytes,
                             const CameraOptions& options) {
  constexpr std::uint32_t kFewestOfAPool = 4;
  return Pool::create({.format = layout.fourcc,
                       .width_px = layout.width_px,
                       .height_px = layout.height_px,
                       .buffers = std::max(options.buffers, kFewestOfAPool),
                       .opaque_bytes = bytes,
                       .memory = {.source = MemorySource::memfd, .access = options.access}});
}

/// Says who has the device, when that is why it refused.
Error name_holders(Error error, int fd) {
  if (error.code != std::errc::device_or_resource_busy) return error;
  const std::string holders = v4l2::describe_holders(fd);
  if (!holders.empty()) error.where += ", " + holders;
  return error;
}

}  // namespace

Result<void> Camera::Impl::release_buffers() {
  (void)stop();
  format = {};
  pool_.reset();
  const auto old = std::exchange(queue, nullptr);
  if (old == nullptr && !left_behind_) return {};
  auto freed = old != nullptr ? old->close() : v4l2::free_buffers(node_, kind_);
  left_behind_ = !freed;
  return freed;
}

Result<CameraFormat> Camera::Impl::configure(const CameraOptions& options) {
  VSL_CHECK(check(options, node_.path));
  VSL_CHECK(release_buffers());
  if (auto ready = set_up(options); !ready) {
    return name_holders(std::move(ready).error(), node_.fd);
  }
  describe_format();
  return format;
}

Result<void> Camera::Impl::set_up(const CameraOptions& options) {
  VSL_TRY(agreed_, v4l2::negotiate(node_, device.capture_formats, options));
  if (options.memory != CameraMemory::automatic) return set_up_kind(options.memory, options);
  auto first = set_up_kind(CameraMemory::mmap, options);
  if (first || first.error().code == std::errc::no_such_device ||
      first.error().code == std::errc::device_or_resource_busy) {
    return first;
  }
  if (set_up_kind(CameraMemory::userptr, options)) return {};
  return set_up_kind(CameraMemory::copy, options) ? Result<void>() : std::move(first);
}

Result<void> Camera::Impl::set_up_kind(CameraMemory kind, const CameraOptions& options) {
  kind_ = kind;
  VSL_TRY(queue, CaptureQueue::create(node_, agreed_, kind, options));
  if (kind != CameraMemory::copy) return {};
  joined_ = v4l2::join_buffers(agreed_.layout);
  auto pool = pool_for_copies(agreed_.layout, joined_.bytes, options);
  if (pool) {
    pool_ = std::move(*pool);
    return {};
  }
  (void)std::exchange(queue, nullptr)->close();
  return std::move(pool).error();
}

void Camera::Impl::describe_format() {
  const v4l2::DriverFormat& driver = agreed_.driver;
  format = {.pixel_format = driver.pixel_format,
            .layout = pool_ ? v4l2::in_one_buffer(agreed_.layout, joined_) : agreed_.layout,
            .color = v4l2::colorimetry_of(driver),
            .v4l2_colorspace = driver.colorspace,
            .v4l2_transfer = driver.transfer,
            .v4l2_encoding = driver.encoding,
            .v4l2_range = driver.range,
            .interval = agreed_.interval,
            .interlace = agreed_.interlace,
            .buffers = queue->pool_buffers(),
            .memory = kind_,
            .multiplanar = node_.multiplanar};
}

Result<void> Camera::Impl::start() {
  if (queue == nullptr) {
    return Error::of(std::errc::operation_not_permitted,
                     "start " + node_.path + ", which is not configured");
  }
  if (streaming_) return {};
  if (auto started = queue->start(); !started) {
    return name_holders(std::move(started).error(), node_.fd);
  }
  streaming_ = true;
  tracker_.restart();
  io_errors_ = 0;
  return {};
}

Result<void> Camera::Impl::stop() {
  if (!std::exchange(streaming_, false)) return {};
  return queue->stop();
}

}  // namespace vsl
