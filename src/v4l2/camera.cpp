// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "videostream/camera.hpp"

#include "base/clock.hpp"
#include "v4l2/camera_impl.hpp"

namespace vsl {

Camera::Camera(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Camera::Camera(Camera&&) noexcept = default;
Camera& Camera::operator=(Camera&&) noexcept = default;
Camera::~Camera() = default;

Result<Camera> Camera::open(const std::string& path) {
  VSL_TRY(auto impl, Impl::open(path));
  return Camera(std::move(impl));
}

const Device& Camera::device() const noexcept { return impl_->device; }
int Camera::fd() const noexcept { return impl_->node().fd; }

Result<CameraFormat> Camera::configure(const CameraOptions& options) {
  return impl_->configure(options);
}
const CameraFormat& Camera::format() const noexcept { return impl_->format; }

Result<void> Camera::start() { return impl_->start(); }
Result<void> Camera::stop() { return impl_->stop(); }

Result<std::optional<Frame>> Camera::capture(std::chrono::nanoseconds timeout) {
  return impl_->capture(deadline_after(monotonic_ns(), timeout.count()));
}

CameraStats Camera::stats() const noexcept {
  CameraStats stats = impl_->stats;
  stats.queued = impl_->queue != nullptr ? impl_->queue->queued() : 0;
  return stats;
}

}  // namespace vsl
