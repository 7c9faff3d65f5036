// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "codec/frame_memory.hpp"
#include "codec/v4l2m2m/devices.hpp"
#include "v4l2/picture.hpp"

namespace vsl::codec::m2m {

/// The pictures that come out of a decoder, as frames in the driver's own memory, which others can
/// map. Those that readers hold while the decoder needs more are copied.
class PictureOutput {
 public:
  /// Of pictures in this format; none: in the one the driver prefers.
  explicit PictureOutput(Fourcc wanted) : wanted_(wanted) {}
  ~PictureOutput() { (void)close(); }
  PictureOutput(const PictureOutput&) = delete;
  PictureOutput& operator=(const PictureOutput&) = delete;

  bool is_open() const { return queue_ != nullptr; }
  /// For the size that the driver has now. Errors: not_supported (a format nobody can read); those
  /// of set_up_buffers().
  Result<void> open(const v4l2::M2mDevice& device);
  /// Frames that are out keep their memory.
  Result<void> close();
  /// Drops what is decoded and goes on.
  Result<void> restart();

  struct Taken {
    bool any = false;   ///< the driver had something
    bool last = false;  ///< nothing follows, until the next size or stream
    bool unit = false;  ///< it is all that comes of an access unit
    std::optional<BackendPicture> picture;
  };
  /// What the driver has finished. Errors: errno of the ioctl.
  Result<Taken> take();

  DecoderCounts counts() const {
    return {damaged_, copies_, is_open() ? queue_->pool_buffers() : 0};
  }

 private:
  Result<BackendPicture> picture_of(const Layout& layout, const v4l2::Dequeued& taken);
  void show_part(FrameInfo& info) const;
  bool runs_low() const;
  Result<Frame> wrap(const FrameInfo& info, const v4l2::Dequeued& taken);
  Result<Frame> copy(FrameInfo info, const v4l2::Dequeued& taken);

  const Fourcc wanted_;
  std::shared_ptr<v4l2::CaptureQueue> queue_;
  v4l2::Agreement agreed_;
  v4l2::JoinedBuffers joined_;
  std::shared_ptr<FrameMemory> copies_memory_ = std::make_shared<FrameMemory>();
  std::int64_t needed_ = 1;  ///< buffers without which the decoder stops
  std::uint64_t damaged_ = 0, copies_ = 0;
};

}  // namespace vsl::codec::m2m
