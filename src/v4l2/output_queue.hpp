// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "v4l2/capture_buffers.hpp"

namespace vsl::v4l2 {

/// What goes into a buffer of an output queue.
struct OutputBytes {
  std::array<std::uint32_t, kMaxPlanes> used{};
  std::int64_t stamp_us = 0;  ///< comes back with what the driver makes of it
};

/// The queue of a memory-to-memory device that takes pictures or coded data, in the driver's own
/// memory. Thread-confined.
class OutputQueue {
 public:
  /// Errors: those of set_up_buffers().
  static Result<OutputQueue> create(const Node& node, const Agreement& agreed,
                                    std::uint32_t buffers);

  /// Errors: errno of the ioctl.
  Result<void> start();
  /// Takes all buffers back, whatever the driver did with them. Errors: errno of the ioctl.
  Result<void> stop();
  /// Takes back what the driver is done with. Errors: errno of the ioctl; protocol_error.
  Result<void> reclaim();
  /// A buffer the driver has not.
  std::optional<std::uint32_t> find_free() const;
  bool idle() const;  ///< the driver has none
  std::span<std::byte> plane(std::uint32_t index, std::uint32_t plane) const;
  Result<void> queue(std::uint32_t index, const OutputBytes& bytes);

 private:
  OutputQueue(Node node, std::uint32_t planes, std::vector<CaptureBuffer> buffers)
      : node_(std::move(node)),
        planes_(planes),
        buffers_(std::move(buffers)),
        with_driver_(buffers_.size()) {}

  Node node_;
  std::uint32_t planes_;
  std::vector<CaptureBuffer> buffers_;
  std::vector<bool> with_driver_;
};

}  // namespace vsl::v4l2
