// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <mutex>
#include <optional>

#include "frame/reclaimers.hpp"
#include "v4l2/buffer_request.hpp"
#include "v4l2/capture_buffers.hpp"

namespace vsl::v4l2 {

/// What the driver said of a picture it has finished.
struct Dequeued {
  std::uint32_t index = 0;
  std::uint32_t sequence = 0;
  std::uint32_t flags = 0;  ///< V4L2_BUF_FLAG_*
  std::int64_t stamp_ns = 0;
  std::array<std::uint32_t, kMaxPlanes> bytes_used{}, data_offset{};
};

/// The buffers of one set-up of a camera, and who has each: the driver, a frame, or nobody. Lives
/// until the last frame is gone, which may be after the camera. Thread-safe where it says so.
class CaptureQueue final : public FrameOwner {
 public:
  /// Errors: those of set_up_buffers().
  static Result<std::shared_ptr<CaptureQueue>> create(const Node& node, const Agreement& agreed,
                                                      CameraMemory kind,
                                                      const CameraOptions& wanted);
  CaptureQueue(Node node, CameraMemory kind, std::uint32_t planes,
               std::vector<CaptureBuffer> buffers);
  ~CaptureQueue() override;

  /// Gives every buffer to the driver that no frame has, and starts. Errors: errno of the ioctl.
  Result<void> start();
  /// Takes the driver's buffers back. Errors: errno of the ioctl.
  Result<void> stop();
  /// The end: stops, and frees the driver's buffers. Frames that are out stay readable, and the
  /// device is not touched again. Errors: those of free_buffers().
  Result<void> close();

  /// A finished picture, now ours; nothing when there is none. Errors: errno of the ioctl.
  Result<std::optional<Dequeued>> try_dequeue();
  /// Gives a buffer that is out to the driver, or keeps it when the stream is stopped. What the
  /// driver refuses is offered again by feed(). Thread-safe. Errors: errno of the ioctl;
  /// invalid_argument (it is not out).
  Result<void> give_back(std::uint32_t index);
  /// Offers the driver what nobody has.
  void feed();

  std::uint32_t queued() const;  ///< with the driver; thread-safe
  CameraMemory kind() const { return kind_; }
  const std::vector<CaptureBuffer>& buffers() const { return buffers_; }
  std::uint32_t plane_count() const { return planes_; }
  /// The driver's own memory of a plane, mapped when first asked for.
  Result<std::span<std::byte>> map_driver_memory(std::uint32_t index, std::uint32_t plane);

  /// Asks the hosts that show our frames for what they can give back.
  void ask_reclaimers(bool starving) noexcept;

  void release_frame(std::uint64_t token) noexcept override;
  std::uint32_t pool_buffers() const noexcept override;
  void add_reclaimer(std::weak_ptr<Reclaimer> reclaimer) override;

 private:
  enum class Holder : std::uint8_t { nobody, driver, frame };

  Result<void> queue_locked(std::uint32_t index);
  Result<void> stop_locked();
  Result<void> prove();

  const CameraMemory kind_;
  const std::uint32_t planes_;
  std::vector<CaptureBuffer> buffers_;  ///< set up once, but for the mappings
  Reclaimers reclaimers_;

  /// Leaf. QBUF is made under it, so that it never reaches a device that was stopped or closed
  /// meanwhile; it does not block.
  mutable std::mutex mutex_;
  Node node_;  ///< fd -1: the camera is gone
  bool streaming_ = false;
  std::vector<Holder> holders_;
  std::uint32_t queued_ = 0;
};

}  // namespace vsl::v4l2
