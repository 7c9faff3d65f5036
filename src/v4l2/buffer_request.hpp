// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <array>

#include "v4l2/ioctl.hpp"
#include "v4l2/node.hpp"

namespace vsl::v4l2 {

/// A v4l2_buffer with its planes, in one shape for single- and multi-planar queues.
class BufferRequest {
 public:
  BufferRequest(const Node& node, std::uint32_t memory, std::uint32_t index = 0)
      : multiplanar_(node.multiplanar) {
    buffer_.type = node.buffer_type();
    buffer_.memory = memory;
    buffer_.index = index;
    if (!multiplanar_) return;
    buffer_.m.planes = planes_.data();
    buffer_.length = static_cast<std::uint32_t>(planes_.size());
  }
  BufferRequest(const BufferRequest&) = delete;  // it points into itself
  BufferRequest& operator=(const BufferRequest&) = delete;

  v4l2_buffer* operator->() noexcept { return &buffer_; }
  v4l2_buffer* get() noexcept { return &buffer_; }

  /// For QBUF: how many planes follow.
  void set_plane_count(std::uint32_t count) {
    if (multiplanar_) buffer_.length = count;
  }
  void set_memory(std::uint32_t plane, void* start, std::uint32_t bytes) {
    const auto address = reinterpret_cast<unsigned long>(start);
    (multiplanar_ ? planes_[plane].m.userptr : buffer_.m.userptr) = address;
    (multiplanar_ ? planes_[plane].length : buffer_.length) = bytes;
  }
  void set_memory(std::uint32_t plane, int dma_buf, std::uint32_t bytes) {
    (multiplanar_ ? planes_[plane].m.fd : buffer_.m.fd) = dma_buf;
    (multiplanar_ ? planes_[plane].length : buffer_.length) = bytes;
  }
  /// For QBUF of an output queue.
  void set_bytes_used(std::uint32_t plane, std::uint32_t bytes) {
    (multiplanar_ ? planes_[plane].bytesused : buffer_.bytesused) = bytes;
  }

  // What the driver answered.
  std::uint32_t bytes(std::uint32_t plane) const {
    return multiplanar_ ? planes_[plane].length : buffer_.length;
  }
  std::uint32_t bytes_used(std::uint32_t plane) const {
    return multiplanar_ ? planes_[plane].bytesused : buffer_.bytesused;
  }
  std::uint32_t data_offset(std::uint32_t plane) const {
    return multiplanar_ ? planes_[plane].data_offset : 0;
  }
  std::uint32_t map_offset(std::uint32_t plane) const {
    return multiplanar_ ? planes_[plane].m.mem_offset : buffer_.m.offset;
  }

 private:
  v4l2_buffer buffer_{};
  std::array<v4l2_plane, VIDEO_MAX_PLANES> planes_{};
  bool multiplanar_;
};

}  // namespace vsl::v4l2
