// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "base/fork_guard.hpp"
#include "base/unique_fd.hpp"
#include "v4l2/picture.hpp"
#include "videostream/camera.hpp"
#include "videostream/pool.hpp"

namespace vsl {

/// A camera. Thread-confined, but for its queue, to which frames return from anywhere.
struct Camera::Impl {
  static Result<std::unique_ptr<Impl>> open(const std::string& path);
  ~Impl();

  Result<CameraFormat> configure(const CameraOptions& options);
  Result<void> start();
  Result<void> stop();
  Result<std::optional<Frame>> capture(std::int64_t deadline_ns);
  /// The next whole picture, as it lies in the driver's buffer. It is given back with
  /// queue->give_back(). Errors: those of Camera::capture().
  Result<std::optional<v4l2::Dequeued>> next_picture(std::int64_t deadline_ns);

  Device device;
  CameraFormat format;
  CameraStats stats;
  std::shared_ptr<v4l2::CaptureQueue> queue;  ///< null until configured
  std::uint64_t sequence = 0;                 ///< of the picture that next_picture() gave last

  /// Leaves the camera as if it had never been configured. Errors: device_or_resource_busy (an old
  /// kernel, and frames are still held).
  Result<void> release_buffers();

  const v4l2::Node& node() const { return node_; }
  /// Of the first plane as the driver gave it, of coded data too.
  std::uint32_t first_stride_bytes() const { return agreed_.driver.planes[0].stride_bytes; }

 private:
  Result<void> set_up(const CameraOptions& options);
  Result<void> set_up_kind(CameraMemory kind, const CameraOptions& options);
  void describe_format();

  Result<std::optional<v4l2::Dequeued>> try_picture();
  bool accept(const v4l2::Dequeued& picture);
  Result<void> wait(std::int64_t deadline_ns);
  Result<void> tolerate(Error error);
  void keep_fed();
  FrameInfo describe(const v4l2::Dequeued& picture) const;
  std::optional<Frame> wrap(const v4l2::Dequeued& picture);
  std::optional<Frame> copy(const v4l2::Dequeued& picture);
  void copy_bytes(const v4l2::Dequeued& picture, const Frame& frame);

  UniqueFd fd_;  ///< holds the device's lock
  /// A forked child has neither: whatever it destroys, the stream and the lock are the parent's.
  std::optional<ForkGuard> fork_guard_;
  v4l2::Node node_;
  v4l2::Agreement agreed_;
  CameraMemory kind_ = CameraMemory::mmap;  ///< of the driver's buffers
  bool left_behind_ = false;                ///< buffers of a queue that is gone are still there
  std::optional<Pool> pool_;                ///< where pictures are copied to
  v4l2::JoinedBuffers joined_;              ///< and how they lie there
  bool streaming_ = false;
  v4l2::SequenceTracker tracker_;
  bool starving_ = false;
  std::int64_t ask_again_ns_ = 0;  ///< when hosts are asked for buffers again
  int io_errors_ = 0;              ///< in a row
};

}  // namespace vsl
