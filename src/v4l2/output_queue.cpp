// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/output_queue.hpp"

#include <algorithm>

#include "v4l2/buffer_request.hpp"

namespace vsl::v4l2 {

Result<OutputQueue> OutputQueue::create(const Node& node, const Agreement& agreed,
                                        std::uint32_t buffers) {
  CameraOptions wanted;
  wanted.buffers = buffers;
  VSL_TRY(auto memory, set_up_buffers(node, agreed, CameraMemory::copy, wanted));
  return OutputQueue(node, CameraMemory::copy, agreed.layout.buffer_count, std::move(memory));
}

Result<OutputQueue> OutputQueue::create_for_dma_bufs(const Node& node, const Agreement& agreed,
                                                     std::uint32_t buffers) {
  VSL_TRY(const std::uint32_t count, request_buffers(node, CameraMemory::dma_buf, buffers));
  return OutputQueue(node, CameraMemory::dma_buf, agreed.layout.buffer_count,
                     std::vector<CaptureBuffer>(count));
}

Result<void> OutputQueue::start() {
  std::uint32_t type = node_.buffer_type();
  return require(node_.fd, VIDIOC_STREAMON, &type, node_.path, "output");
}

Result<void> OutputQueue::stop() {
  std::uint32_t type = node_.buffer_type();
  std::fill(with_driver_.begin(), with_driver_.end(), false);
  return require(node_.fd, VIDIOC_STREAMOFF, &type, node_.path, "output");
}

Result<void> OutputQueue::reclaim() {
  while (!idle()) {
    BufferRequest request(node_, v4l2_memory(kind_));
    if (call(node_.fd, VIDIOC_DQBUF, request.get()) < 0) {
      if (errno == EAGAIN || errno == EPIPE) return {};
      return call_error(VIDIOC_DQBUF, node_.path, "output");
    }
    if (request->index >= with_driver_.size() || !with_driver_[request->index]) {
      return Error::of(std::errc::protocol_error, "VIDIOC_DQBUF on " + node_.path + ": buffer " +
                                                      std::to_string(request->index) +
                                                      ", which the driver has not");
    }
    with_driver_[request->index] = false;
  }
  return {};
}

std::optional<std::uint32_t> OutputQueue::find_free() const {
  const auto found = std::find(with_driver_.begin(), with_driver_.end(), false);
  if (found == with_driver_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - with_driver_.begin());
}

bool OutputQueue::idle() const {
  return std::find(with_driver_.begin(), with_driver_.end(), true) == with_driver_.end();
}

std::span<std::byte> OutputQueue::plane(std::uint32_t index, std::uint32_t plane) const {
  return buffers_[index][plane].driver_map.bytes();
}

Result<void> OutputQueue::queue(std::uint32_t index, const OutputBytes& bytes) {
  constexpr std::int64_t kUsPerSecond = 1'000'000;
  BufferRequest request(node_, v4l2_memory(kind_), index);
  request.set_plane_count(planes_);
  request->field = V4L2_FIELD_NONE;
  request->timestamp.tv_sec = static_cast<decltype(timeval::tv_sec)>(bytes.stamp_us / kUsPerSecond);
  request->timestamp.tv_usec =
      static_cast<decltype(timeval::tv_usec)>(bytes.stamp_us % kUsPerSecond);
  for (std::uint32_t i = 0; i < planes_; ++i) {
    if (lends()) request.set_memory(i, bytes.memory[i].fd, bytes.memory[i].bytes);
    request.set_bytes_used(i, bytes.used[i]);
  }
  VSL_CHECK(require(node_.fd, VIDIOC_QBUF, request.get(), node_.path, "output"));
  with_driver_[index] = true;
  return {};
}

}  // namespace vsl::v4l2
