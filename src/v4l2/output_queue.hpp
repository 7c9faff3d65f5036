// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "v4l2/capture_buffers.hpp"

namespace vsl::v4l2 {

/// A dma-buf that the driver reads, borrowed until it has given the buffer back.
struct LentMemory {
  int fd = -1;
  std::uint32_t bytes = 0;  ///< of the whole dma-buf
};

/// What goes into a buffer of an output queue.
struct OutputBytes {
  std::array<std::uint32_t, kMaxPlanes> used{};
  std::int64_t stamp_us = 0;                    ///< comes back with what the driver makes of it
  std::array<LentMemory, kMaxPlanes> memory{};  ///< of a queue of dma-bufs
};

/// The queue of a memory-to-memory device that takes pictures or coded data, in the driver's own
/// memory or in dma-bufs that are lent to it. Thread-confined.
class OutputQueue {
 public:
  /// In the driver's memory. Errors: those of set_up_buffers().
  static Result<OutputQueue> create(const Node& node, const Agreement& agreed,
                                    std::uint32_t buffers);
  /// Of dma-bufs. Errors: errno of VIDIOC_REQBUFS.
  static Result<OutputQueue> create_for_dma_bufs(const Node& node, const Agreement& agreed,
                                                 std::uint32_t buffers);

  /// Errors: errno of the ioctl.
  Result<void> start();
  /// Takes all buffers back, whatever the driver did with them. Errors: errno of the ioctl.
  Result<void> stop();
  /// Takes back what the driver is done with. Errors: errno of the ioctl; protocol_error.
  Result<void> reclaim();
  /// A buffer the driver has not.
  std::optional<std::uint32_t> find_free() const;
  bool is_free(std::uint32_t index) const { return !with_driver_[index]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(with_driver_.size()); }
  bool idle() const;  ///< the driver has none
  bool lends() const { return kind_ == CameraMemory::dma_buf; }
  /// The driver's own memory.
  std::span<std::byte> plane(std::uint32_t index, std::uint32_t plane) const;
  /// Errors: errno of the ioctl; the driver has not got the buffer then.
  Result<void> queue(std::uint32_t index, const OutputBytes& bytes);

 private:
  OutputQueue(Node node, CameraMemory kind, std::uint32_t planes,
              std::vector<CaptureBuffer> buffers)
      : node_(std::move(node)),
        kind_(kind),
        planes_(planes),
        buffers_(std::move(buffers)),
        with_driver_(buffers_.size()) {}

  Node node_;
  CameraMemory kind_;  ///< copy or dma_buf
  std::uint32_t planes_;
  std::vector<CaptureBuffer> buffers_;
  std::vector<bool> with_driver_;
};

}  // namespace vsl::v4l2
