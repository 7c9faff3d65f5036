// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "codec/v4l2m2m/staging.hpp"
#include "v4l2/m2m_device.hpp"

namespace vsl::codec::m2m {

/// How pictures get into an encoder. Where they are dma-bufs that lie as the driver wants them it
/// reads them where they are, and a part of them by its own cropping. All others are copied.
class PictureInput {
 public:
  /// Sets the device's formats and makes the queue. Errors: those of agree_on_input().
  static Result<PictureInput> open(const v4l2::M2mDevice& device, const EncoderSetup& setup);

  v4l2::OutputQueue& queue() { return queue_; }
  /// Queues a picture into `index`, which is free, or into another free buffer: says which.
  /// Errors: bad_address (it cannot be mapped); errno of the ioctl.
  Result<std::uint32_t> put(const v4l2::M2mDevice& device, RawPicture& picture,
                            const PictureWish& wish, std::uint32_t index);
  /// Whether what was put last has to stay as it is until the driver gives its buffer back.
  bool lent() const { return lent_; }
  /// For drivers that keep pictures: no more of them are read where they are.
  void copy_from_now_on() { lends_ = false; }
  std::uint64_t copies() const { return copies_; }

 private:
  PictureInput(const EncoderSetup& setup, const v4l2::Agreement& agreed, v4l2::OutputQueue queue);
  static Result<PictureInput> open_for_dma_bufs(const v4l2::M2mDevice& device,
                                                const EncoderSetup& setup);
  Result<void> prove();
  bool lies_right(const Layout& layout) const;
  bool select(const v4l2::M2mDevice& device, const Rect& part);
  v4l2::OutputBytes whole_picture(std::int64_t stamp) const;
  bool lend(RawPicture& picture, std::int64_t stamp, std::uint32_t& index);
  bool find_memory(RawPicture& picture, v4l2::OutputBytes& bytes) const;
  std::uint32_t buffer_that_knew(std::uint64_t inode, std::uint32_t otherwise);
  Result<void> copy(RawPicture& picture, const PictureWish& wish, std::uint32_t index);

  Layout layout_;  ///< of the driver's input
  v4l2::OutputQueue queue_;
  Rect selected_;  ///< what the driver encodes of its input
  bool lends_, lent_ = false;
  Staging staging_;
  std::vector<std::uint64_t> known_;  ///< the memory that each buffer had last; 0 = none
  std::uint64_t copies_ = 0;
};

}  // namespace vsl::codec::m2m
